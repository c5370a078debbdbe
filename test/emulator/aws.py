"""moto 5.2.1's server with what a rig needs and moto lacks; started by emulator.ts. All that is registered here is ours.

Resource types are CloudFormationModel subclasses (the last one registered for a type wins), CloudFormation runs a stack
in the background as AWS does, and a WSGI layer takes the signals and the tests' own requests under /emulator/.
"""
import json
import sys
import threading
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs

from moto.cloudformation import models as cfn, parsing
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.responses.general import General
from moto.ec2.utils import Base64EncodedString
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.scheduler.models import scheduler_backends
from werkzeug.serving import make_server

__name__ = cfn.__name__  # moto files models and finds a backend's URLs by the name of their module

changed = threading.Condition()
signals: dict[str, list[dict]] = {}  # by the id in the handle's URL
consoles: dict[str, str] = {}  # the file that a machine's console is, by instance
faults: list[dict] = []  # answers to give instead of moto's, each a number of times
settings = {"url": "", "timeout_seconds": {}}  # a stack's own time for each milestone, instead of its template's


class WaitConditionHandle(CloudFormationModel):
    """A URL that takes signals. AWS presigns one in S3; the machine cannot tell the difference."""

    def __init__(self):
        self.key = str(mock_random.uuid4())
        signals[self.key] = []
        self.physical_resource_id = f"{settings['url']}/signal/{self.key}"

    @staticmethod
    def cloudformation_type():
        return "AWS::CloudFormation::WaitConditionHandle"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        return cls()

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        signals.pop(resource_name.rsplit("/", 1)[-1], None)


class WaitCondition(CloudFormationModel):
    """Holds the stack until its handle has a signal, with the words that AWS has for a failure and for a timeout."""

    def __init__(self, name, data):
        self.physical_resource_id = name
        self.data = data

    @staticmethod
    def cloudformation_type():
        return "AWS::CloudFormation::WaitCondition"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "Data"

    def get_cfn_attribute(self, attribute_name):
        return json.dumps(self.data)

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        received = signals[properties["Handle"].rsplit("/", 1)[-1]]
        stack = cfn.cloudformation_backends[account_id][region_name].stacks[kwargs["StackId"]]
        seconds = float(settings["timeout_seconds"].get(stack.name, properties["Timeout"]))
        with changed:
            changed.wait_for(lambda: received or stack.cancelled, seconds)
        if stack.cancelled:
            raise Cancelled
        if not received:
            raise RuntimeError("WaitCondition timed out. Received 0 conditions when expecting 1")
        first = received[0]
        if first["Status"] != "SUCCESS":
            raise RuntimeError(
                f"WaitCondition received failed message: '{first['Reason']}' for uniqueId: {first['UniqueId']}"
            )
        return cls(resource_name, {first["UniqueId"]: first["Data"]})

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        pass


def with_id(resource, attribute):
    """The attribute that holds the id, which newer types have and moto does not."""
    known = getattr(resource, "get_cfn_attribute", None)
    resource.get_cfn_attribute = lambda name: resource.id if name == attribute else known(name)
    return resource


class RigInstance(CloudFormationModel):
    """moto's instance, with every entry of NetworkInterfaces attached, as moto does only for RunInstances."""

    @staticmethod
    def cloudformation_type():
        return "AWS::EC2::Instance"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "InstanceId" or Instance.has_cfn_attr(attr)

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        backend = ec2_backends[account_id][region_name]
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        for nic in properties["NetworkInterfaces"]:
            if backend.get_network_interface(nic["NetworkInterfaceId"]).status == "in-use":
                raise RuntimeError(f"{nic['NetworkInterfaceId']} is currently in use. (InvalidNetworkInterface.InUse)")
        instance = backend.run_instances(
            image_id=properties["ImageId"],
            user_data=properties.get("UserData"),
            count=1,
            security_group_names=[],
            instance_type=properties["InstanceType"],
            is_instance_type_default=False,
            nics=properties["NetworkInterfaces"],
            subnet_id=backend.get_network_interface(properties["NetworkInterfaces"][0]["NetworkInterfaceId"]).subnet.id,
            block_device_mappings=properties["BlockDeviceMappings"],
            tags={"instance": tags, "volume": tags if properties.get("PropagateTagsToVolumeOnCreation") else {}},
        ).instances[0]
        backend.associate_iam_instance_profile(
            instance_id=instance.id, iam_instance_profile_name=properties["IamInstanceProfile"]
        )
        return with_id(instance, "InstanceId")


class EipAssociation(CloudFormationModel):
    def __init__(self, address):
        self.address = address
        self.physical_resource_id = address.association_id

    @staticmethod
    def cloudformation_type():
        return "AWS::EC2::EIPAssociation"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        backend = ec2_backends[account_id][region_name]
        eni = backend.get_network_interface(properties["NetworkInterfaceId"])
        return cls(backend.associate_address(eni=eni, allocation_id=properties["AllocationId"]))

    def delete(self, account_id, region_name):
        # moto deletes in any order; releasing the address has taken it from the interface.
        if self.address.association_id:
            self.address.ec2_backend.disassociate_address(address=self.address.public_ip)


class Schedule(CloudFormationModel):
    def __init__(self, name):
        self.physical_resource_id = name

    @staticmethod
    def cloudformation_type():
        return "AWS::Scheduler::Schedule"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "Arn"

    @staticmethod
    def properties(resource_name, properties):
        return {
            "name": resource_name,
            "group_name": properties.get("GroupName", "default"),
            "description": properties.get("Description"),
            "schedule_expression": properties["ScheduleExpression"],
            "schedule_expression_timezone": properties.get("ScheduleExpressionTimezone"),
            "flexible_time_window": properties["FlexibleTimeWindow"],
            "target": properties["Target"],
            "state": properties.get("State"),
            "kms_key_arn": None,
            "start_date": None,
            "end_date": None,
        }

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        values = cls.properties(resource_name, cloudformation_json["Properties"])
        scheduler_backends[account_id][region_name].create_schedule(**values, action_after_completion=None)
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        values = cls.properties(original_resource.physical_resource_id, cloudformation_json["Properties"])
        scheduler_backends[account_id][region_name].update_schedule(**values)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        scheduler_backends[account_id][region_name].delete_schedule(None, resource_name)


def delete_interface(backend, name):
    interface = backend.get_network_interface(name)
    if interface.instance and interface.instance.state != "terminated":
        raise RuntimeError(f"{name} is currently in use. (InvalidNetworkInterface.InUse)")
    backend.delete_network_interface(name)
    interface.subnet.del_subnet_ip(interface.private_ip_address)


def delete_gateway(backend, name):
    gateway = backend.get_internet_gateway(name)
    if gateway.vpc:
        backend.detach_internet_gateway(name, gateway.vpc.id)
    backend.delete_internet_gateway(name)


def with_delete(model, delete):
    """Registers a type of moto's again, with the deletion that moto leaves out."""

    class Deletable(CloudFormationModel):
        cloudformation_type = staticmethod(model.cloudformation_type)

        @classmethod
        def has_cfn_attr(cls, attr):
            return attr == "Id" or model.has_cfn_attr(attr)

        @classmethod
        def create_from_cloudformation_json(cls, *args, **kwargs):
            return with_id(model.create_from_cloudformation_json(*args, **kwargs), "Id")

        @classmethod
        def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
            delete(ec2_backends[account_id][region_name], resource_name)

    return Deletable


# Subclasses are found through weak references: the list keeps these alive.
deletable = [
    with_delete(NetworkInterface, delete_interface),
    with_delete(InternetGateway, delete_gateway),
    with_delete(ElasticAddress, lambda backend, name: backend.release_address(address=name)),
    with_delete(RouteTable, lambda backend, name: backend.route_tables.pop(name)),
]
parsing.NULL_MODELS.clear()


class Cancelled(Exception):
    """The stack was deleted while it was being created."""


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
        # moto tags by the physical name, which is no id for an address.
        if isinstance(resource, ElasticAddress):
            resource.add_tags({**self.tags, "aws:cloudformation:logical-id": key})
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
    policies = [IAMPolicy(document) for document in role.policies.values()]
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
    elif path == "/emulator/fault":
        faults.append(request)
    elif path == "/emulator/settings":
        settings.update(request)
    elif path == "/emulator/schedules":
        return fire_schedules(datetime.fromisoformat(request["now"]))
    elif path != "/emulator/health":
        raise KeyError(path)
    return {}


def fault_for(body):
    action = parse_qs(body).get("Action", [""])[0]
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
        fault = fault_for(self.app._get_body(environ) or "")
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
