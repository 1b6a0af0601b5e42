"""What is measured: for each program its command, and what it ships."""

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BENCH = ROOT / "target" / "bench"
WORK = BENCH / "start"
PINNED = ["awslambdaric==4.2.2", "boto3==1.44.5"]
# How the names of what installs packages begin.
INSTALLERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
OURS, MINIMAL, HELLO = "this project", "minimal, in Rust", "hello world, in Rust"
PYTHON, NODE = "Python: awslambdaric, boto3", "Node: Shopify's library, AWS's SDK"


def all_programs():
    """Builds and installs them."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(BENCH), AWS_LC_SYS_NO_JITTER_ENTROPY="1")
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "-p", "webhook", "--bins", "--examples"],
        cwd=ROOT, env=environment, check=True)
    release = BENCH / "release"
    node, python = install_node(), install_python()
    return {
        HELLO: ([release / "examples" / "hello"], [release / "examples" / "hello"]),
        MINIMAL: ([release / "examples" / "minimal"], [release / "examples" / "minimal"]),
        OURS: ([release / "webhook"], [release / "webhook"]),
        NODE: (["node", node / "bundle.mjs"], [node / "bundle.mjs"]),
        PYTHON: ([python / "venv/bin/python", "-m", "awslambdaric", "app.handler"],
                 [python / "app.py", python / "venv/lib"]),
    }


def install_node():
    into = WORK / "node"
    into.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "peers" / "node").iterdir():
        shutil.copy(file, into)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=into, check=True)
    banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    subprocess.run(
        ["node_modules/.bin/esbuild", "index.mjs", "--bundle", "--minify", "--platform=node",
         "--format=esm", "--target=node20", f"--banner:js={banner}", "--outfile=bundle.mjs",
         "--log-level=error"], cwd=into, check=True)
    return into


def install_python():
    into = WORK / "python"
    into.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "peers" / "python" / "app.py", into)
    python = into / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", into / "venv"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
    # What a deployment would have compiled as well.
    subprocess.run([python, "-m", "compileall", "-q", into], check=False)
    return into


def installs(path):
    """Whether it is of what installs packages, and no part of a function."""
    return str(path).partition("site-packages/")[2].startswith(INSTALLERS)


def zipped(files):
    """What has to be uploaded, in MB: as zip makes it."""
    made = WORK / "shipped.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            inside = [file] if file.is_file() else [path for path in file.rglob("*") if path.is_file()]
            for path in inside:
                if not installs(path):
                    archive.write(path, path.relative_to(file.parent))
    return made.stat().st_size / 1e6
