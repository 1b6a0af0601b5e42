"""A function as `sam local` runs it, but without its container: Lambda's own Runtime Interface Emulator, which the
SAM CLI brings along, starts the bootstrap, and the SAM CLI's own code says what its environment is."""

import json
import os
import platform
import stat
import urllib.request
from pathlib import Path

import samcli.local.rapid
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

from emulation import Program, free_port

MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
# Longer than any function takes.
PATIENCE_SECONDS = 120
# That a message has become one with another, and that a change of segment was told.
ON_THE_WAY = ["joined", "announced"]


def emulator() -> Path:
    """The emulator, which may come without the right to run it."""
    folder = Path(next(iter(samcli.local.rapid.__path__)))
    program = folder / f"aws-lambda-rie-{MACHINES[platform.machine()]}"
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def environments(template: Path, file: dict) -> dict[str, dict[str, str]]:
    """What `sam local --env-vars` tells each function: only variables that the template names."""
    stacks, _ = SamLocalStackProvider.get_stacks(str(template))
    return {
        function.name: EnvironmentVariables(
            function.name,
            function.memory,
            function.timeout,
            function.handler,
            variables=function.environment["Variables"],
            override_values=file["Parameters"],
        ).resolve()
        for function in SamFunctionProvider(stacks).get_all()
    }


class Function:
    """A running function. One request at a time: the emulator does not take more."""

    def __init__(self, name: str, bootstrap: Path, environment: dict[str, str], folder: Path):
        address, api = (f"127.0.0.1:{free_port()}" for _ in range(2))
        options = ["--runtime-interface-emulator-address", address, "--runtime-api-address", api]
        command = [str(emulator()), *options, str(bootstrap)]
        env = {"PATH": os.environ["PATH"], **environment}
        self.program = Program(command, env, folder / f"{name}.log")
        self.program.wait_for(f"http://{address}/", 30)
        self.url = f"http://{address}/2015-03-31/functions/function/invocations"

    def invoke(self, event: dict) -> dict:
        """The function's answer, or what Lambda says of its error."""
        request = urllib.request.Request(self.url, json.dumps(event).encode())
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)

    def outcomes(self) -> list[str]:
        """How its work has ended so far, by its log: each look at a customer, each message that leads to none, each
        request. What it says on the way there is none."""
        lines = self.program.output.read_text(errors="replace").splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        ends = [line["outcome"] for line in said if "outcome" in line and "_aws" not in line]
        return [outcome for outcome in ends if outcome not in ON_THE_WAY]
