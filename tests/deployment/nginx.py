"""Runs the installed nginx with deploy/nginx/vibechat.conf. Only addresses and paths are replaced."""

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.support.environment import ROOT
from tools.provision import Unavailable
from tools.provision.processes import free_port, hand_over, spawn, stop, wait_until

HOST = "chat.example.org"
CONFIGURATION = ROOT / "deploy" / "nginx" / "vibechat.conf"
# Like Debian's nginx.conf, so that a directive that conflicts with ours makes a test fail.
AROUND = """
pid {folder}/nginx.pid;
error_log {folder}/main.log;
daemon off;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ text/html html; text/css css; application/javascript js; image/svg+xml svg; }}
    default_type application/octet-stream;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    access_log {folder}/other-access.log;
    gzip on;
    include {folder}/vibechat.conf;
}}
"""


class Nginx:
    def __init__(self, folder: Path, static_root: Path, server_ports: list[int]):
        self.folder = folder
        self.plain_port, self.port = free_port(), free_port()
        self.authority = folder / "authority.pem"
        make_certificates(folder)
        (folder / "vibechat.conf").write_text(self.adapted(static_root, server_ports))
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        self.process: subprocess.Popen | None = None

    def adapted(self, static_root: Path, server_ports: list[int]) -> str:
        parameters = re.search(r"server 127\.0\.0\.1:8001(.*);", CONFIGURATION.read_text())[1]
        upstream = "".join(f"server 127.0.0.1:{port}{parameters};\n" for port in server_ports)
        changes = [
            (r"listen \[::\].*\n", ""),
            (r"listen 80\b", f"listen 127.0.0.1:{self.plain_port}"),
            (r"listen 443\b", f"listen 127.0.0.1:{self.port}"),
            (r"(server 127\.0\.0\.1:\d+ .*\n\s*)+", upstream),
            (r"/etc/letsencrypt/live/[^/]+/", f"{self.folder}/"),
            (r"/var/cache/vibechat/static/", f"{static_root}/"),
            (r"/var/log/nginx/", f"{self.folder}/"),
        ]
        text = CONFIGURATION.read_text()
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text)
            assert count, f"{CONFIGURATION.name} has nothing like {pattern}"
        return text

    def start(self) -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            raise Unavailable("nginx is not installed")
        log = self.folder / "output.log"
        command = [program, "-c", self.folder / "nginx.conf", "-e", self.folder / "main.log"]
        self.process = spawn(command, self.folder, log)
        wait_until((self.folder / "nginx.pid").exists, self.process, "nginx", log)

    def stop(self) -> None:
        if self.process:
            stop(self.process, signal.SIGTERM)

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def access_lines(self, route: str) -> list[dict]:
        lines = (self.folder / "vibechat-access.log").read_text().splitlines()
        return [line for line in map(json.loads, lines) if line["route"] == route]

    def access_lines_after(self, before: list[dict], count: int, route: str) -> list[dict]:
        """Waits for the log lines, because nginx writes them shortly after the response."""
        deadline = time.monotonic() + 30
        while len(lines := self.access_lines(route)[len(before) :]) < count:
            assert time.monotonic() < deadline, f"{route} was logged {len(lines)} times"
            time.sleep(0.1)
        return lines


def make_certificates(folder: Path) -> None:
    """Make a test CA and a certificate for HOST."""
    new_key = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    authority = ["-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=Authority of a test"]
    signed = ["-CA", "authority.pem", "-CAkey", "authority.key", "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    about = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-addext", "basicConstraints=CA:false"]
    for arguments in (authority, [*signed, *about]):
        subprocess.run(["openssl", "req", *new_key, *arguments], cwd=folder, check=True, capture_output=True)
    hand_over(folder / "privkey.pem")
