"""The resource types that a rig has and moto 5.2.1 lacks, or has without deletion or the second network interface.

Each is a subclass of moto's CloudFormationModel, of which the last one registered for a type wins. All of it is ours: what
a test shows by these types it shows about this file, not about moto.
"""

import json
import threading
import time

from moto.cloudformation import models as cfn
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.route_tables import RouteTable
from moto.moto_api._internal import mock_random
from moto.scheduler.models import scheduler_backends

__name__ = cfn.__name__  # moto files models by the name of their module

changed = threading.Condition()
signals: dict[str, list[dict]] = {}  # by the id in the handle's URL
placement_groups: dict[str, dict] = {}  # their tags
settings = {"url": "", "timeout_seconds": {}}  # a stack's own time for each milestone, instead of its template's


class Cancelled(Exception):
    """The stack was deleted while it was being created."""


class Thing:
    """A made resource of a type that moto does not have."""

    def __init__(self, name, **attributes):
        self.physical_resource_id = name
        self.attributes = attributes

    def is_created(self):
        return True


def register(kind, create, delete=None, attribute=None, base=None, update=None):
    """Gives CloudFormation a type: create(name, properties, Place) -> resource, delete(name, Place).

    `base` is moto's own model, whose attributes stay; `attribute` is one more: the id, or a value that the resource has.
    """

    def value(resource, name):
        if name != attribute:
            return type(resource).get_cfn_attribute(resource, name)
        return resource.attributes[name] if isinstance(resource, Thing) else resource.id

    def make(cls, name, template, account_id, region_name, **kwargs):
        place = Place(account_id, region_name, kwargs["StackId"])
        resource = create(name, template["Properties"], place)
        resource.get_cfn_attribute = lambda attribute_name: value(resource, attribute_name)
        return resource

    members = {
        "cloudformation_type": staticmethod(lambda: kind),
        "has_cfn_attr": classmethod(lambda cls, name: name == attribute or bool(base and base.has_cfn_attr(name))),
        "create_from_cloudformation_json": classmethod(make),
        "delete_from_cloudformation_json": classmethod(
            lambda cls, name, template, account_id, region_name: delete and delete(name, Place(account_id, region_name))
        ),
    }
    if update:
        members["update_from_cloudformation_json"] = classmethod(
            lambda cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name: update(
                original_resource, cloudformation_json["Properties"], Place(account_id, region_name)
            )
        )
    registered.append(type(kind.split("::")[-1], (CloudFormationModel,), members))


class Place:
    """Where a resource is made: its account and region, and while it is made its stack."""

    def __init__(self, account_id, region_name, stack_id=None):
        self.account_id, self.region_name, self.stack_id = account_id, region_name, stack_id

    @property
    def ec2(self):
        return ec2_backends[self.account_id][self.region_name]

    @property
    def scheduler(self):
        return scheduler_backends[self.account_id][self.region_name]

    @property
    def stack(self):
        return cfn.cloudformation_backends[self.account_id][self.region_name].stacks[self.stack_id]

    def moto_create(self, model, name, properties):
        template = {"Properties": properties}
        return model.create_from_cloudformation_json(name, template, self.account_id, self.region_name)


def create_handle(name, properties, place):
    """A URL that takes signals. AWS presigns one in S3; the machine cannot tell the difference."""
    key = str(mock_random.uuid4())
    signals[key] = []
    return Thing(f"{settings['url']}/signal/{key}")


def create_condition(name, properties, place):
    """Holds the stack until its handle has a signal, with the words that AWS has for a failure and for a timeout."""
    received = signals[properties["Handle"].rsplit("/", 1)[-1]]
    stack = place.stack
    began = time.monotonic()

    def is_over():
        # A test may shorten it meanwhile.
        return time.monotonic() - began > float(settings["timeout_seconds"].get(stack.name, properties["Timeout"]))

    with changed:
        while not (received or stack.cancelled or is_over()):
            changed.wait(0.2)
    if stack.cancelled:
        raise Cancelled
    if not received:
        raise RuntimeError("WaitCondition timed out. Received 0 conditions when expecting 1")
    first = received[0]
    if first["Status"] != "SUCCESS":
        raise RuntimeError(
            f"WaitCondition received failed message: '{first['Reason']}' for uniqueId: {first['UniqueId']}"
        )
    return Thing(name, Data=json.dumps({first["UniqueId"]: first["Data"]}))


def create_instance(name, properties, place):
    """Every entry of NetworkInterfaces attached, as moto does only for RunInstances; the volume with the tags."""
    interfaces = [place.ec2.get_network_interface(nic["NetworkInterfaceId"]) for nic in properties["NetworkInterfaces"]]
    for interface in interfaces:
        if interface.status == "in-use":
            raise RuntimeError(f"{interface.id} is currently in use. (InvalidNetworkInterface.InUse)")
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    instance = place.ec2.run_instances(
        image_id=properties["ImageId"],
        user_data=properties.get("UserData"),
        count=1,
        security_group_names=[],
        instance_type=properties["InstanceType"],
        is_instance_type_default=False,
        nics=properties["NetworkInterfaces"],
        subnet_id=interfaces[0].subnet.id,
        block_device_mappings=properties["BlockDeviceMappings"],
        tags={"instance": tags, "volume": tags if properties.get("PropagateTagsToVolumeOnCreation") else {}},
    ).instances[0]
    place.ec2.associate_iam_instance_profile(
        instance_id=instance.id, iam_instance_profile_name=properties["IamInstanceProfile"]
    )
    return instance


def create_interface(name, properties, place):
    return place.moto_create(NetworkInterface, name, properties)


def delete_interface(name, place):
    interface = place.ec2.get_network_interface(name)
    if interface.instance and interface.instance.state != "terminated":
        raise RuntimeError(f"{name} is currently in use. (InvalidNetworkInterface.InUse)")
    place.ec2.delete_network_interface(name)
    interface.subnet.del_subnet_ip(interface.private_ip_address)


def create_address(name, properties, place):
    """moto's own tags go to the physical name, which is no id for an address."""
    address = place.moto_create(ElasticAddress, name, properties)
    address.add_tags(place.stack.tags)
    return address


def create_association(name, properties, place):
    interface = place.ec2.get_network_interface(properties["NetworkInterfaceId"])
    return Thing(place.ec2.associate_address(eni=interface, allocation_id=properties["AllocationId"]).association_id)


def delete_association(name, place):
    """moto deletes in any order: releasing the address may have ended the association."""
    if any(address.association_id == name for address in place.ec2.addresses):
        place.ec2.disassociate_address(association_id=name)


def create_placement_group(name, properties, place):
    made = Thing(f"pg-{mock_random.get_random_hex(17)}")
    placement_groups[made.physical_resource_id] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return made


def delete_gateway(name, place):
    gateway = place.ec2.get_internet_gateway(name)
    if gateway.vpc:
        place.ec2.detach_internet_gateway(name, gateway.vpc.id)
    place.ec2.delete_internet_gateway(name)


def schedule_values(name, properties):
    return {
        "name": name,
        "group_name": "default",
        "description": properties.get("Description"),
        "schedule_expression": properties["ScheduleExpression"],
        "schedule_expression_timezone": properties.get("ScheduleExpressionTimezone"),
        "flexible_time_window": properties["FlexibleTimeWindow"],
        "target": properties["Target"],
        "state": None,
        "kms_key_arn": None,
        "start_date": None,
        "end_date": None,
    }


def create_schedule(name, properties, place):
    place.scheduler.create_schedule(**schedule_values(name, properties), action_after_completion=None)
    return Thing(name)


def update_schedule(schedule, properties, place):
    place.scheduler.update_schedule(**schedule_values(schedule.physical_resource_id, properties))
    return schedule


registered = []  # subclasses are found through weak references: the list keeps these alive
parsing.NULL_MODELS.clear()
register("AWS::CloudFormation::WaitConditionHandle", create_handle)
register("AWS::CloudFormation::WaitCondition", create_condition, attribute="Data")
register("AWS::EC2::Instance", create_instance, attribute="InstanceId", base=Instance)
register("AWS::EC2::NetworkInterface", create_interface, delete_interface, attribute="Id", base=NetworkInterface)
register(
    "AWS::EC2::EIP",
    create_address,
    lambda name, place: place.ec2.release_address(address=name),
    base=ElasticAddress,
)
register("AWS::EC2::PlacementGroup", create_placement_group, lambda name, place: placement_groups.pop(name))
register("AWS::EC2::EIPAssociation", create_association, delete_association)
register(
    "AWS::EC2::InternetGateway",
    lambda name, properties, place: place.moto_create(InternetGateway, name, properties),
    delete_gateway,
)
register(
    "AWS::EC2::RouteTable",
    lambda name, properties, place: place.moto_create(RouteTable, name, properties),
    lambda name, place: place.ec2.route_tables.pop(name),
)
register(
    "AWS::Scheduler::Schedule",
    create_schedule,
    lambda name, place: place.scheduler.delete_schedule(None, name),
    update=update_schedule,
)
