"""An authority of this benchmark alone, and what it vouches for: this machine's loopback address."""

import shutil
import ssl
import subprocess

SYSTEM = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"]
# Whatever the machine's own configuration adds to certificates, these need nothing of it.
PLAIN = "[req]\ndistinguished_name=name\n[name]\n"


class Authority:
    """Certificates in a folder, made anew by openssl."""

    def __init__(self, folder):
        if shutil.which("openssl") is None:
            raise SystemExit("openssl is missing, which makes the certificates for TLS: install it")
        folder.mkdir(parents=True, exist_ok=True)
        config, key, request = folder / "openssl.cnf", folder / "key.pem", folder / "request.pem"
        root, root_key, leaf = folder / "root.pem", folder / "root-key.pem", folder / "leaf.pem"
        config.write_text(PLAIN + "[root]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
                          "[leaf]\nsubjectAltName=IP:127.0.0.1\n")
        new = ["openssl", "req", "-config", config, "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:P-256", "-nodes"]
        run(*new, "-x509", "-extensions", "root", "-subj", "/CN=benchmark", "-days", "2",
            "-keyout", root_key, "-out", root)
        run(*new, "-subj", "/CN=loopback", "-keyout", key, "-out", request)
        run("openssl", "x509", "-req", "-in", request, "-CA", root, "-CAkey", root_key,
            "-CAcreateserial", "-extfile", config, "-extensions", "leaf", "-days", "2", "-out", leaf)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(leaf, key)
        # With all the others that a system trusts, as it would be on AWS.
        bundle = folder / "bundle.pem"
        bundle.write_text(root.read_text() + system())
        self.environment = {"SSL_CERT_FILE": str(bundle), "AWS_CA_BUNDLE": str(bundle),
                            "NODE_EXTRA_CA_CERTS": str(root)}


def system():
    for file in SYSTEM:
        try:
            with open(file, encoding="ascii", errors="ignore") as bundle:
                return bundle.read()
        except FileNotFoundError:
            continue
    return ""


def run(*command):
    subprocess.run(command, check=True, capture_output=True)
