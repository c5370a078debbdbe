#!/usr/bin/env python3
"""A CA of our own for exchange.py, and certificates of every kind: right, expired, of another host, of another CA. Made
by the openssl command, whose `ca` is the one that sets dates.

usage: certificates.py FOLDER
"""
import pathlib
import subprocess
import sys

HOSTS = ("stream.binance.com", "api.binance.com", "fstream.binance.com", "fapi.binance.com", "ws.kraken.com",
         "ws-feed.exchange.coinbase.com")

_CONFIG = """
[ca]
default_ca = test
[test]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
email_in_dn = no
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


class Certificates:
    """folder/ca.pem, and NAME.pem with NAME.key: right, expired, future, other-host, other-ca, self-signed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "index.txt").write_text("", encoding="ascii")
        (self.folder / "ca.cnf").write_text(_CONFIG.format(folder=folder), encoding="ascii")
        for ca in ("ca", "foreign-ca"):
            self._openssl("req", "-x509", "-config", "ca.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                          "-nodes", "-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-days", "30", "-subj", f"/CN=test {ca}",
                          "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "subjectKeyIdentifier=hash")
        self._make("right")
        self._make("expired", dates=("20200101000000Z", "20200201000000Z"))
        self._make("future", dates=("20900101000000Z", "20900201000000Z"))
        self._make("other-host", hosts=("elsewhere.example",))
        self._make("other-ca", ca="foreign-ca")
        self._openssl("req", "-x509", "-config", "ca.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", "self-signed.key", "-out", "self-signed.pem", "-days", "30", "-subj",
                      f"/CN={HOSTS[0]}", "-addext", f"subjectAltName=DNS:{HOSTS[0]}")

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {words[0]}: {done.stderr}")

    def _make(self, name, hosts=HOSTS, ca="ca", dates=None):
        (self.folder / f"{name}.ext").write_text(
            "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts) + "\nextendedKeyUsage=serverAuth\n",
            encoding="ascii")
        self._openssl("req", "-config", "ca.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={hosts[0]}")
        when = ("-startdate", dates[0], "-enddate", dates[1]) if dates else ("-days", "30")
        self._openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key",
                      "-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext", *when)

    def ca(self):
        return str(self.folder / "ca.pem")

    def pair(self, name):
        return str(self.folder / f"{name}.pem"), str(self.folder / f"{name}.key")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pathlib.Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    Certificates(pathlib.Path(sys.argv[1]).resolve())
