# SPDX-License-Identifier: Apache-2.0
"""DescribeInstances: filters, paging, order, the shape of an instance, and many instances."""
import json
import time

import pytest

FIELDS = {"InstanceId", "InstanceName", "InstanceState", "Image", "SimpleModule", "Position",
          "Internet", "InstanceTypeConfig", "CreateTime", "TagSet", "LatestOperation",
          "LatestOperationState", "RestrictState", "SystemDiskSize", "DataDiskSize", "UUID",
          "PayMode", "ExpireTime", "IsolatedTime", "RenewFlag", "ExpireState", "SystemDisk",
          "DataDisks", "NewFlag", "SecurityGroupIds", "VirtualPrivateCloud", "ISP",
          "PhysicalPosition"}


def ids_of(answer):
    return [one["InstanceId"] for one in answer.response["InstanceSet"] or []]


def ein(*numbers):
    return [f"ein-{n:08x}" for n in numbers]


def by(name, *values):
    return {"Name": name, "Values": list(values)}


def test_instance_has_the_vendors_fields_and_some_are_null(client):
    [one] = client.describe(Limit=1).response["InstanceSet"]
    assert set(one) == FIELDS
    assert one["ExpireTime"] is None and one["LatestOperation"] is None and one["TagSet"] is None
    assert time.strptime(one["CreateTime"], "%Y-%m-%d %H:%M:%S")
    assert one["Position"]["RegionInfo"]["Region"] == "ap-xian-ecm"


def test_default_page_is_twenty_newest_first(start, connect):
    answer = connect(start(instances=30)).describe()
    assert answer.response["TotalCount"] == 30
    assert ids_of(answer) == ein(*range(29, 9, -1))


def test_ascending_order_and_offset(start, connect):
    client = connect(start(instances=150))
    answer = client.describe(OrderByField="timestamp", OrderDirection=1, Offset=70, Limit=3)
    assert ids_of(answer) == ein(70, 71, 72) and answer.response["TotalCount"] == 150
    assert ids_of(client.describe(Offset=149, Limit=100)) == ein(0)


def test_no_match_is_a_null_set(client):
    answer = client.describe(Offset=20)
    assert answer.response["InstanceSet"] is None and answer.response["TotalCount"] == 20
    answer = client.describe(Filters=[by("instance-id", "ein-496721al")])
    assert answer.response["InstanceSet"] is None and answer.response["TotalCount"] == 0


@pytest.mark.parametrize("fields, code", [
    ({"Limit": 101}, "InvalidParameterValue.InvaildPageParam"),
    ({"Limit": 0}, "InvalidParameterValue.InvaildPageParam"),
    ({"Offset": -1}, "InvalidParameterValue.InvaildPageParam"),
    ({"Limit": "100"}, "InvalidParameter"),
    ({"OrderByField": "name"}, "InvalidParameterValue.InvalidOrderByField"),
    ({"OrderDirection": 2}, "InvalidParameterValue"),
    ({"InstanceIdSet": ["ein-00000000"]}, "UnknownParameter"),
    ({"Filters": {}}, "InvalidParameter"),
    ({"Filters": [{"Name": "zone"}]}, "MissingParameter"),
    ({"Filters": [{"Values": ["a"]}]}, "MissingParameter"),
    ({"Filters": [{"Name": "zone", "Values": ["a"], "Value": "b"}]}, "UnknownParameter"),
    ({"Filters": [{"Name": "zone", "Values": [1]}]}, "InvalidParameter"),
    ({"Filters": [by("zones", "a")]}, "InvalidParameterValue.InvalidFilter"),
    ({"Filters": [by("instance-id", *"abcdef")]}, "InvalidParameterValue.FilterLimitExceeded"),
])
def test_bad_parameters(client, fields, code):
    assert client.describe(**fields).code == code


@pytest.fixture
def mixed(start, connect, tmp_path):
    lines = [
        {"id": "ein-aaaaaaa1", "region": "ap-hefei-ecm", "createTime": 1600000300,
         "name": "Web One", "ip": "10.1.1.1", "uuid": "u-1", "moduleId": "em-1"},
        {"id": "ein-aaaaaaa2", "state": "STOPPED", "createTime": 1600000100, "isp": "CMCC",
         "tags": [{"Key": "team", "Value": "edge"}]},
        {"id": "ein-aaaaaaa3", "region": "ap-hefei-ecm", "createTime": 1600000200,
         "operation": "ResetInstancesPassword", "operationState": "SUCCESS",
         "tags": [{"Key": "team", "Value": "core"}], "vpcId": "vpc-x", "subnetId": "subnet-x"},
        {"id": "ein-aaaaaaa4", "state": "TERMINATED", "createTime": 1600000050, "zone": "z-9",
         "family": "G5", "imageId": "img-x", "moduleName": "blue module"},
    ]
    path = tmp_path / "fleet.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    return connect(start(fleet=path))


@pytest.mark.parametrize("filters, ids", [
    ([], "1324"),
    ([by("instance-state", "RUNNING")], "13"),
    ([by("instance-state", "STOPPED", "TERMINATED")], "24"),
    ([by("instance-state", "NOSUCH")], ""),
    ([by("instance-state", "GONE")], ""),
    ([by("instance-id", "ein-aaaaaaa4", "ein-aaaaaaa1", "ein-none")], "14"),
    ([by("zone", "ap-hefei-ecm-1")], "13"),
    ([by("zone", "z-9")], "4"),
    ([by("zone-name", "hefei")], "13"),
    ([by("instance-name", "web")], "1"),
    ([by("instance-name", "aaaaaaa2")], "2"),
    ([by("ip-address", "10.1.1.1")], "1"),
    ([by("instance-uuid", "u-1")], "1"),
    ([by("module-id", "em-1")], "1"),
    ([by("module-name", "BLUE")], "4"),
    ([by("internet-service-provider", "CMCC")], "2"),
    ([by("instance-family", "G5")], "4"),
    ([by("image-id", "img-x")], "4"),
    ([by("vpc-id", "vpc-x")], "3"),
    ([by("subnet-id", "subnet-x")], "3"),
    ([by("tag-key", "team")], "32"),
    ([by("tag:team", "edge")], "2"),
    ([by("zone", "ap-hefei-ecm-1"), by("instance-name", "web")], "1"),
    ([by("zone", "ap-hefei-ecm-1"), by("instance-state", "STOPPED")], ""),
])
def test_filters(mixed, filters, ids):
    answer = mixed.describe(Filters=filters)
    assert answer.code is None, answer.body
    assert ids_of(answer) == [f"ein-aaaaaaa{i}" for i in ids]
    assert answer.response["TotalCount"] == len(ids)


def test_fleet_file_decides_what_is_shown(mixed):
    shown = {one["InstanceId"][-1]: one for one in mixed.describe().response["InstanceSet"]}
    assert shown["1"]["InstanceName"] == "Web One"
    assert shown["1"]["CreateTime"] == "2020-09-13 20:31:40"
    assert shown["1"]["Position"]["RegionInfo"]["Region"] == "ap-hefei-ecm"
    assert shown["2"]["TagSet"] == [{"Key": "team", "Value": "edge"}]
    assert shown["3"]["LatestOperation"] == "ResetInstancesPassword"
    assert shown["4"]["InstanceState"] == "TERMINATED"


def test_get_form_of_filters(mixed):
    query = ("Filters.0.Name=instance-state&Filters.0.Values.0=RUNNING&Filters.0.Values.1=STOPPED"
             "&Limit=2&Offset=1")
    answer = mixed.call("DescribeInstances", method="GET", query=query)
    assert answer.response["TotalCount"] == 3
    assert ids_of(answer) == ["ein-aaaaaaa3", "ein-aaaaaaa2"]


def test_instances_come_and_go_at_run_time(sim, client):
    sim.set_instances({"id": "ein-new00001", "state": "PENDING"}, {"id": ein(0)[0], "remove": True})
    assert ids_of(client.describe(Limit=1)) == ["ein-new00001"]
    assert client.describe().response["TotalCount"] == 20
    assert client.describe(Filters=[by("instance-id", *ein(0))]).response["TotalCount"] == 0
    sim.set_instances(id=ein(0)[0])
    assert client.describe(Filters=[by("instance-id", *ein(0))]).response["TotalCount"] == 1


def test_a_hundred_thousand_instances_are_no_burden(start, connect):
    sim = start(instances=100000, reboot_duration="1h")
    client = connect(sim)
    for first in range(0, 100000, 100):
        assert client.reboot(ein(*range(first, first + 100))).code is None
    seen = set()
    filters = [by("instance-state", "REBOOTING")]
    for offset in range(0, 100000, 100):
        answer = client.describe(Filters=filters, Offset=offset, Limit=100, OrderDirection=1)
        assert answer.response["TotalCount"] == 100000
        seen.update(ids_of(answer))
    assert len(seen) == 100000
    assert sim.stats()["states"]["REBOOTING"] == 100000
