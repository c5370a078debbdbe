"""moto 5.2.1's server for rigctl's tests; started by emulator.ts. What it adds to moto is ours.

CloudFormation runs a stack in the background as AWS does, with the types of resources.py; a WSGI layer before moto takes
the signals, gives the faults that a test asked for, and answers the test's own requests under /emulator/.
"""

import json
import sys
import threading
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs

from moto.cloudformation import models as cfn
from moto.cloudformation import parsing
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.responses.general import General
from moto.ec2.utils import Base64EncodedString
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.scheduler.models import scheduler_backends
import commands
from resources import Cancelled, changed, placement_groups, settings, signals
from werkzeug.serving import make_server

__name__ = cfn.__name__  # moto finds a backend's URLs by the name of its module

consoles: dict[str, str] = {}  # the file that a machine's console is, by instance
faults: list[dict] = []  # answers to give instead of moto's, each a number of times


class Resources(parsing.ResourceMap):
    """A stack's resources. Only the thread that builds the stack may create one; every creation is an event."""

    def __init__(self, stack):
        super().__init__(
            stack.stack_id,
            stack.name,
            stack.parameters,
            stack.tags,
            region_name=stack.region_name,
            account_id=stack.account_id,
            template=stack.template_dict,
            cross_stack_resources=stack.cross_stack_resources,
        )
        self.stack = stack
        self.load()

    def __getitem__(self, key):
        if key in self._parsed_resources or key not in self._resource_json_map:
            return super().__getitem__(key)
        if threading.current_thread() is not self.stack.builder:
            return None
        if self.stack.cancelled:
            raise Cancelled
        kind = self._resource_json_map[key]["Type"]
        self.event(key, kind, "CREATE_IN_PROGRESS")
        try:
            resource = super().__getitem__(key)
        except Exception as error:
            self.event(key, kind, "CREATE_FAILED", "Resource creation cancelled" if isinstance(error, Cancelled) else str(error))
            raise
        self.event(key, kind, "CREATE_COMPLETE", name=getattr(resource, "physical_resource_id", key))
        return resource

    def event(self, key, kind, status, reason=None, name=""):
        stack = self.stack
        stack.events.append(cfn.Event(stack.stack_id, stack.name, key, name, kind, status, reason, None))


class CloudFormation(cfn.CloudFormationBackend):
    """Creates, updates and deletes in the background, rolls a failed creation back, and keeps one stack a name."""

    def create_change_set(self, stack_name, *args, **kwargs):
        for stack in list(self.stacks.values()):
            if stack.name == stack_name and stack.status == "REVIEW_IN_PROGRESS":
                del self.stacks[stack.stack_id]
        return super().create_change_set(stack_name, *args, **kwargs)

    def execute_change_set(self, change_set_name, stack_name=None):
        change_set = self.change_sets[change_set_name]
        stack = change_set.stack
        change_set.execution_status = "EXECUTE_COMPLETE"
        run = self.create if change_set.change_set_type == "CREATE" else self.change
        stack.status = f"{change_set.change_set_type}_IN_PROGRESS"
        stack._add_stack_event(stack.status, "User Initiated")
        stack.cancelled = False
        stack.builder = threading.Thread(target=run, args=(stack, change_set), daemon=True)
        stack.builder.start()

    def create(self, stack, change_set):
        stack.template, stack.parameters = change_set.template, change_set.parameters
        stack._parse_template()
        stack.description = stack.template_dict.get("Description")
        try:
            stack.resource_map = Resources(stack)
            stack.resource_map.create(stack.template_dict)
        except Cancelled:
            return
        except Exception as error:
            self.roll_back(stack, str(error))
            return
        stack.output_map = stack._create_output_map()
        stack.mark_creation_complete()

    def roll_back(self, stack, reason):
        stack.status = "ROLLBACK_IN_PROGRESS"
        stack._add_stack_event("ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to create: {reason}")
        try:
            stack.resource_map.delete()
            stack.status = "ROLLBACK_COMPLETE"
        except Exception as error:
            stack.status, reason = "ROLLBACK_FAILED", str(error)
        stack._add_stack_event(stack.status, reason)

    def change(self, stack, change_set):
        stack.template = change_set.template
        change_set.apply()
        stack.output_map = stack._create_output_map()
        stack.status = "UPDATE_COMPLETE"
        stack._add_stack_event("UPDATE_COMPLETE")

    def delete_stack(self, name_or_stack_id):
        for stack in list(self.stacks.values()):
            if name_or_stack_id in (stack.name, stack.stack_id) and stack.status != "DELETE_IN_PROGRESS":
                stack.cancelled = True
                with changed:
                    changed.notify_all()
                stack.status = "DELETE_IN_PROGRESS"
                stack._add_stack_event("DELETE_IN_PROGRESS", "User Initiated")
                threading.Thread(target=self.remove, args=(stack,), daemon=True).start()

    def remove(self, stack):
        if getattr(stack, "builder", None):
            stack.builder.join()
        try:
            stack.resource_map.delete()
        except Exception as error:
            stack.status = "DELETE_FAILED"
            stack._add_stack_event("DELETE_FAILED", str(error))
            return
        stack.status = "DELETE_COMPLETE"
        stack._add_stack_event("DELETE_COMPLETE")
        self.deleted_stacks[stack.stack_id] = self.stacks.pop(stack.stack_id)


cfn.cloudformation_backends.backend = CloudFormation


def get_change_set_param(self, name, *defaults):
    """moto finds a change set by its name alone, and CDK gives that of every stack the same name: makes it the id."""
    value = moto_get_param(self, name, *defaults)
    if name == "ChangeSetName" and self._get_action() != "CreateChangeSet":
        stack = moto_get_param(self, "StackName")
        for key, change_set in self.cloudformation_backend.change_sets.items():
            if value == change_set.change_set_name and stack in (change_set.stack_name, change_set.stack_id):
                value = key
    return value


moto_get_param = CloudFormationResponse._get_param
CloudFormationResponse._get_param = get_change_set_param


def get_console_output(self):
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    path = Path(consoles.get(instance.id, "/dev/null"))
    text = path.read_bytes()[-65536:].decode(errors="replace")
    return ActionResult(
        {
            "InstanceId": instance.id,
            "Timestamp": utcnow(),
            "Output": Base64EncodedString.from_raw_string(text) if text else None,
        }
    )


General.get_console_output = get_console_output


def describe_placement_groups(self):
    """By one tag, as rigctl asks for them."""
    ((key, (value, *_)),) = self._filters_from_querystring().items()
    found = [name for name, tags in placement_groups.items() if tags.get(key.removeprefix("tag:")) == value]
    return ActionResult({"PlacementGroups": [{"GroupId": name, "GroupName": name} for name in found]})


General.describe_placement_groups = describe_placement_groups


def fire_schedules(now):
    """Runs every one-time schedule that is due, with the rights of its role as moto's own policy engine sees them."""
    fired = []
    for account, region, backend in scheduler_backends.iter_backends():
        for schedule in list(backend.schedule_groups["default"].schedules.values()):
            due = datetime.fromisoformat(schedule.schedule_expression.removeprefix("at(").removesuffix(")"))
            if due <= now and schedule.target["Arn"].endswith(":aws-sdk:cloudformation:deleteStack"):
                request = json.loads(schedule.target["Input"])
                role = iam_backends[account]["aws"].get_role_by_arn(schedule.target["RoleArn"])
                wanted = [("cloudformation:DeleteStack", request["StackName"]), ("iam:PassRole", request["RoleARN"])]
                denied = [action for action, resource in wanted if not permits(role, action, resource)]
                if not denied:
                    cfn.cloudformation_backends[account][region].delete_stack(request["StackName"])
                fired.append({"stack": request["StackName"], "denied": denied})
    return fired


def permits(role, action, resource):
    policies = [IAMPolicy(json.dumps(document)) for document in role.policies.values()]
    values = {"iam:PassedToService": "cloudformation.amazonaws.com"}
    return any(p.is_action_permitted(action, resource, None, values) == PermissionResult.PERMITTED for p in policies)


def answer(path, method, body):
    """The tests' own requests, and the signals."""
    if path.startswith("/signal/") and method == "PUT":
        with changed:
            signals[path.rsplit("/", 1)[-1]].append(json.loads(body))
            changed.notify_all()
        return {}
    request = json.loads(body or "{}")
    if path == "/emulator/console":
        consoles[request["instance"]] = request["file"]
        commands.machines[request["instance"]] = Path(request["file"]).parent
    elif path == "/emulator/fault":
        faults.append(request)
    elif path == "/emulator/settings":
        settings.update(request)
        commands.settings.update(request)
    elif path == "/emulator/schedules":
        return fire_schedules(datetime.fromisoformat(request["now"]))
    elif path != "/emulator/health":
        raise KeyError(path)
    return {}


def fault_for(body, target):
    """The query services name the action in the body, the JSON ones in a header."""
    action = target.rpartition(".")[2] or parse_qs(body).get("Action", [""])[0]
    for fault in faults:
        if fault["action"] in (action, "*") and action and fault["times"] > 0:
            fault["times"] -= 1
            return fault
    return None


def fault_body(fault):
    # EC2 wraps its errors in <Errors>, the other query services do not; each SDK reads the one that is its own.
    error = f"<Error><Type>Sender</Type><Code>{fault['code']}</Code><Message>{fault['message']}</Message></Error>"
    kind, inner = ("Response", f"<Errors>{error}</Errors>") if fault.get("ec2") else ("ErrorResponse", error)
    return f"<{kind}>{inner}<RequestID>0</RequestID></{kind}>"


class Front:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path.startswith(("/signal/", "/emulator/")):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
            text = json.dumps(answer(path, method, body))
            start_response("200 OK", [("Content-Type", "application/json")])
            return [text.encode()]
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        fault = fault_for(self.app._get_body(environ) or "", target)
        if fault and target:
            start_response(fault["status"], [("Content-Type", "application/x-amz-json-1.1")])
            return [json.dumps({"__type": fault["code"], "message": fault["message"]}).encode()]
        if fault:
            start_response(fault["status"], [("Content-Type", "text/xml")])
            return [fault_body(fault).encode()]
        return self.app(environ, start_response)


def main():
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", int(sys.argv[1]), Front(app), threaded=True)
    settings["url"] = f"http://127.0.0.1:{server.server_port}"
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


main()
