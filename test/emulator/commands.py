"""Systems Manager's Run Command, which moto only records: here the script really runs, by /bin/sh, in the folder of the machine
that machine.sh plays, with the rig's paths put in place of those of a real machine. Also the one quota that preflight asks for.
All of it is ours: what a test shows by it, it shows about these lines and what AWS documents, not about AWS or moto.
"""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.servicequotas.models import ServiceQuotasBackend
from moto.ssm.responses import SimpleSystemManagerResponse

KEPT = 24_000  # characters of each output that AWS keeps
UNKNOWN_S = 0.5  # for so long after it was sent a command is not known yet
settings = {"vcpu_quota": 32}
machines: dict[str, Path] = {}  # the folder that a machine's part is played in, by instance
invocations: dict[str, "Invocation"] = {}


class Invocation:
    def __init__(self, instance, script, seconds):
        self.instance, self.script, self.seconds = instance, script, seconds
        self.id = str(mock_random.uuid4())
        self.sent, self.status, self.code, self.out, self.err = time.monotonic(), "InProgress", -1, "", ""
        folder = machines[instance]
        paths = {"ROOT": "root", "ETC": "etc", "STATE": "state", "RUN": "run", "SYSFS": "sys", "PROCFS": "proc",
                 "TELEMETRY_SOCKET": "telemetry"}
        env = {**os.environ, **{f"RIG_{name}": str(folder / part) for name, part in paths.items()}}
        script = script.replace("/opt/dpdk-rig", str(folder / "root")).replace("/var/lib/dpdk-rig", str(folder / "state"))
        self.process = subprocess.Popen(["/bin/sh", "-c", script], env=env, text=True, start_new_session=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        threading.Thread(target=self.wait, daemon=True).start()

    def wait(self):
        try:
            out, err = self.process.communicate(timeout=self.seconds)
            ended = "Success" if self.process.returncode == 0 else "Failed"
            code = self.process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            (out, err), ended, code = self.process.communicate(), "TimedOut", -1
        self.out, self.err = out[:KEPT], err[:KEPT]
        if self.status != "Cancelled":
            self.status, self.code = ended, code

    def cancel(self):
        if self.status == "InProgress":
            self.status = "Cancelled"
            os.killpg(self.process.pid, signal.SIGKILL)


def send_command(self):
    (instance,) = self._get_param("InstanceIds")
    if instance not in machines:
        raise ServiceException("InvalidInstanceId", f"Instances [[{instance}]] not in a valid state for account")
    parameters = self._get_param("Parameters")
    if self._get_param("DocumentName") != "AWS-RunShellScript":
        raise ServiceException("InvalidDocument", "Document does not exist")
    invocation = Invocation(instance, "\n".join(parameters["commands"]), float(parameters["executionTimeout"][0]))
    invocations[invocation.id] = invocation
    return ActionResult({"Command": {"CommandId": invocation.id, "Status": "Pending"}})


def get_command_invocation(self):
    invocation = invocations.get(self._get_param("CommandId"))
    if invocation is None or time.monotonic() - invocation.sent < UNKNOWN_S:
        raise ServiceException("InvocationDoesNotExist", "The command ID and instance ID that you specified did not match")
    details = {"TimedOut": "ExecutionTimedOut"}.get(invocation.status, invocation.status)
    return ActionResult({"CommandId": invocation.id, "InstanceId": invocation.instance, "Status": invocation.status,
                         "StatusDetails": details, "ResponseCode": invocation.code,
                         "StandardOutputContent": invocation.out, "StandardErrorContent": invocation.err})


def cancel_command(self):
    invocations[self._get_param("CommandId")].cancel()
    return ActionResult({})


def describe_instance_information(self):
    wanted = self._get_param("Filters")[0]["Values"]
    known = [instance for instance in wanted if instance in machines]
    return ActionResult({"InstanceInformationList": [{"InstanceId": name, "PingStatus": "Online"} for name in known]})


def get_service_quota(self, service_code, quota_code):
    if (service_code, quota_code) == ("ec2", "L-1216C47A"):
        return {"ServiceCode": service_code, "QuotaCode": quota_code, "Value": float(settings["vcpu_quota"])}
    return moto_get_service_quota(self, service_code, quota_code)


moto_get_service_quota = ServiceQuotasBackend.get_service_quota
ServiceQuotasBackend.get_service_quota = get_service_quota
for method in (send_command, get_command_invocation, cancel_command, describe_instance_information):
    setattr(SimpleSystemManagerResponse, method.__name__, method)
