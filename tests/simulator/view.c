/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's data type Instance. Never changes anything.
 *
 * Every field but InstanceId and InstanceState may be null, and some are on purpose. Times carry
 * no zone; we take the vendor's own, UTC+8.
 */
#include "view.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *view_attr(const struct fleet *fleet, size_t place, enum attr attr,
                      char scratch[ATTR_TEXT_MAX])
{
    static const char *const fixed[ATTR_N] = {
        [ATTR_REGION] = "ap-xian-ecm",
        [ATTR_MODULE_ID] = "em-00000001",
        [ATTR_MODULE_NAME] = "edge-module",
        [ATTR_ISP] = "CTCC",
        [ATTR_FAMILY] = "S5",
        [ATTR_IMAGE_ID] = "img-00000001",
        [ATTR_VPC_ID] = "vpc-00000001",
        [ATTR_SUBNET_ID] = "subnet-00000001",
    };
    const struct instance *instance = fleet->at[place];
    if (instance->attrs[attr])
        return instance->attrs[attr];
    if (fixed[attr])
        return fixed[attr];
    const char *region = instance->attrs[ATTR_REGION];
    region = region ? region : fixed[ATTR_REGION];
    const char *zone = instance->attrs[ATTR_ZONE];
    unsigned n = (unsigned)place;
    if (attr == ATTR_ZONE)
        snprintf(scratch, ATTR_TEXT_MAX, "%.250s-1", region);
    else if (attr == ATTR_ZONE_NAME)
        snprintf(scratch, ATTR_TEXT_MAX, "Zone %.250s%s", zone ? zone : region, zone ? "" : "-1");
    else if (attr == ATTR_NAME)
        snprintf(scratch, ATTR_TEXT_MAX, "node-%s", instance->id);
    else if (attr == ATTR_IP)
        snprintf(scratch, ATTR_TEXT_MAX, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
    else
        snprintf(scratch, ATTR_TEXT_MAX, "00000000-0000-4000-8000-%012x", n);
    return scratch;
}

static void time_text(int64_t unix_s, char out[32])
{
    struct tm tm;
    time_t shifted = (time_t)(unix_s + INT64_C(8) * 3600);
    gmtime_r(&shifted, &tm);
    (void)strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

static enum err append_place(struct buf *out, const struct fleet *fleet, size_t place)
{
    char zone[ATTR_TEXT_MAX];
    char zone_name[ATTR_TEXT_MAX];
    const char *region = view_attr(fleet, place, ATTR_REGION, zone);
    return buf_append_format(
        out,
        "\"Position\":{\"ZoneInfo\":{\"ZoneId\":1,\"ZoneName\":\"%s\",\"Zone\":\"%s\"},"
        "\"Country\":{\"CountryId\":\"CN\",\"CountryName\":\"China\"},\"Area\":null,"
        "\"Province\":null,\"City\":null,\"RegionInfo\":{\"Region\":\"%s\",\"RegionName\":\"%s\","
        "\"RegionId\":0},\"Ipv6Supported\":false},",
        view_attr(fleet, place, ATTR_ZONE_NAME, zone_name),
        view_attr(fleet, place, ATTR_ZONE, zone), region, region);
}

static enum err append_network(struct buf *out, const struct fleet *fleet, size_t place)
{
    char scratch[ATTR_TEXT_MAX];
    const char *ip = view_attr(fleet, place, ATTR_IP, scratch);
    return buf_append_format(
        out,
        "\"Internet\":{\"PrivateIPAddressSet\":[{\"PrivateIPAddress\":\"%s\"}],"
        "\"PublicIPAddressSet\":[],"
        "\"InstanceNetworkInfoSet\":null},\"VirtualPrivateCloud\":{\"VpcId\":\"%s\",\"SubnetId\":"
        "\"%s\",\"AsVpcGateway\":false,\"PrivateIpAddresses\":[\"%s\"],\"Ipv6AddressCount\":0,"
        "\"Ipv6SubnetIds\":null},",
        ip, view_attr(fleet, place, ATTR_VPC_ID, NULL),
        view_attr(fleet, place, ATTR_SUBNET_ID, NULL), ip);
}

static enum err append_latest(struct buf *out, const struct instance *instance)
{
    if (!instance->operation)
        return buf_append_text(out, "\"LatestOperation\":null,\"LatestOperationState\":null,");
    const char *state = operation_state_name((enum operation_state)instance->operation_state);
    return buf_append_format(out, "\"LatestOperation\":\"%s\",\"LatestOperationState\":%s%s%s,",
                             instance->operation, state ? "\"" : "", state ? state : "null",
                             state ? "\"" : "");
}

static enum err append_kind(struct buf *out, const struct fleet *fleet, size_t place)
{
    return buf_append_format(
        out,
        "\"Image\":{\"ImageId\":\"%s\"},\"SimpleModule\":{\"ModuleId\":\"%s\",\"ModuleName\":"
        "\"%s\"},\"InstanceTypeConfig\":{\"InstanceFamilyConfig\":{\"InstanceFamily\":\"%s\","
        "\"InstanceFamilyName\":\"%s\"},\"InstanceType\":\"%s.SMALL1\",\"Vcpu\":1,\"Memory\":1,"
        "\"Frequency\":\"2.5GHz\",\"CpuModelName\":null,\"InstanceFamilyTypeConfig\":null,"
        "\"ExtInfo\":null,\"Vgpu\":0,\"GpuModelName\":null},",
        view_attr(fleet, place, ATTR_IMAGE_ID, NULL), view_attr(fleet, place, ATTR_MODULE_ID, NULL),
        view_attr(fleet, place, ATTR_MODULE_NAME, NULL), view_attr(fleet, place, ATTR_FAMILY, NULL),
        view_attr(fleet, place, ATTR_FAMILY, NULL), view_attr(fleet, place, ATTR_FAMILY, NULL));
}

static enum err append_tags(struct buf *out, const json_t *tags)
{
    char *text = tags ? json_dumps(tags, JSON_COMPACT) : NULL;
    enum err err = buf_append_format(out, "\"TagSet\":%s,", text ? text : "null");
    free(text);
    return err;
}

static enum err append_rest(struct buf *out, const struct fleet *fleet, size_t place)
{
    char created[32];
    char uuid[ATTR_TEXT_MAX];
    time_text(fleet->at[place]->created_unix_s, created);
    return buf_append_format(
        out,
        "\"CreateTime\":\"%s\",\"RestrictState\":\"NORMAL\",\"SystemDiskSize\":50,"
        "\"DataDiskSize\":0,\"UUID\":\"%s\",\"PayMode\":0,\"ExpireTime\":null,\"IsolatedTime\":"
        "null,\"RenewFlag\":0,\"ExpireState\":\"NORMAL\",\"SystemDisk\":{\"DiskType\":"
        "\"CLOUD_BASIC\",\"DiskId\":null,\"DiskSize\":50,\"DeleteWithInstance\":null,"
        "\"SnapshotId\":null},\"DataDisks\":null,\"NewFlag\":1,\"SecurityGroupIds\":null,"
        "\"ISP\":\"%s\",\"PhysicalPosition\":null}",
        created, view_attr(fleet, place, ATTR_UUID, uuid), view_attr(fleet, place, ATTR_ISP, NULL));
}

enum err view_append(struct buf *out, const struct fleet *fleet, size_t place, enum state shown)
{
    const struct instance *instance = fleet->at[place];
    char name[ATTR_TEXT_MAX];
    enum err err = buf_append_format(
        out, "{\"InstanceId\":\"%s\",\"InstanceName\":\"%s\",\"InstanceState\":\"%s\",",
        instance->id, view_attr(fleet, place, ATTR_NAME, name), state_name(shown));
    if (err == ERR_OK)
        err = append_kind(out, fleet, place);
    if (err == ERR_OK)
        err = append_place(out, fleet, place);
    if (err == ERR_OK)
        err = append_network(out, fleet, place);
    if (err == ERR_OK)
        err = append_latest(out, instance);
    if (err == ERR_OK)
        err = append_tags(out, instance->tags);
    return err == ERR_OK ? append_rest(out, fleet, place) : err;
}
