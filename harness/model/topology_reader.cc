// SPDX-License-Identifier: MIT
#include "base/suggest.hh"
#include "model/fields.hh"
#include "model/readers.hh"

#include <algorithm>

namespace hermesh {
namespace {

using Fields = JsonReader::Fields;

SegmentSpec read_segment(const JsonReader& json) {
  SegmentSpec segment;
  json.object([&](Fields& fields) {
    segment.name = read_name(fields.required("name"));
    if (const auto ipv4 = fields.optional("ipv4")) segment.ipv4 = read_prefix(*ipv4, Family::ipv4);
    if (const auto ipv6 = fields.optional("ipv6")) segment.ipv6 = read_prefix(*ipv6, Family::ipv6);
    if (const auto addressing = fields.optional("addressing"))
      segment.dhcp = addressing->one_of({"pushed", "dhcp"}) == 1;
    if (const auto may_overlap = fields.optional("may_overlap"))
      segment.may_overlap = may_overlap->flag();
    if (!segment.ipv4 && !segment.ipv6)
      json.fail("missing field 'ipv4' or 'ipv6': a segment needs a prefix");
  });
  return segment;
}

const SegmentSpec& find_segment(const JsonReader& json, const std::vector<SegmentSpec>& segments) {
  const auto name = json.text();
  const auto position = std::ranges::find(segments, name, &SegmentSpec::name);
  if (position != segments.end()) return *position;
  std::vector<std::string> names;
  for (const auto& segment : segments)
    names.push_back(segment.name);
  json.fail("there is no segment " + json.quoted() + did_you_mean(name, names));
}

/// An address given for a card: inside the segment's prefix, and one that a host may have.
Address read_host(const JsonReader& json, Family family, const SegmentSpec& segment) {
  const auto address = read_address(json, family);
  const auto& prefix = family == Family::ipv4 ? segment.ipv4 : segment.ipv6;
  const auto where = "segment '" + segment.name + "'";
  if (!prefix)
    json.fail("found an address, but " + where + " has no " + std::string(to_string(family)) +
              " prefix");
  if (!prefix->contains(address))
    json.fail("found " + json.quoted() + ", wanted an address in " + to_string(*prefix) + " of " +
              where);
  if (address == prefix->host(0))
    json.fail("found " + json.quoted() + ", which is the network's own address on " + where);
  if (family == Family::ipv4 && address == prefix->broadcast())
    json.fail("found " + json.quoted() + ", which is the broadcast address of " + where);
  return address;
}

Attachment read_attachment(const JsonReader& json, const std::vector<SegmentSpec>& segments) {
  Attachment attachment;
  json.object([&](Fields& fields) {
    const auto& segment = find_segment(fields.required("segment"), segments);
    attachment.segment = segment.name;
    if (const auto ipv4 = fields.optional("ipv4"))
      attachment.ipv4 = read_host(*ipv4, Family::ipv4, segment);
    if (const auto ipv6 = fields.optional("ipv6"))
      attachment.ipv6 = read_host(*ipv6, Family::ipv6, segment);
  });
  return attachment;
}

std::vector<Attachment> read_attachments(const JsonReader& json,
                                         const std::vector<SegmentSpec>& segments) {
  std::vector<Attachment> attachments;
  json.each(
      [&](const JsonReader& item) { attachments.push_back(read_attachment(item, segments)); });
  return attachments;
}

GatewaySpec read_gateway(const JsonReader& json, const std::vector<SegmentSpec>& segments) {
  GatewaySpec gateway;
  json.object([&](Fields& fields) {
    gateway.name = read_name(fields.required("name"));
    gateway.role = read_name(fields.required("role"));
    gateway.outside = read_attachment(fields.required("outside"), segments);
    gateway.inside = read_attachments(fields.required("inside"), segments);
  });
  return gateway;
}

MachineSpec read_machine(const JsonReader& json, const std::vector<SegmentSpec>& segments) {
  MachineSpec machine;
  json.object([&](Fields& fields) {
    machine.name = read_name(fields.required("name"));
    const std::vector<std::string> roles{"peer", "relay"};
    machine.role = roles[fields.required("role").one_of(roles)];
    machine.cards = read_attachments(fields.required("cards"), segments);
    if (const auto memory = fields.optional("memory_mib"))
      machine.memory_mib = static_cast<unsigned>(memory->integer(96, 4096));
  });
  return machine;
}

} // namespace

Topology read_topology(const JsonReader& json) {
  Topology topology;
  json.object([&](Fields& fields) {
    read_schema(fields);
    topology.name = read_name(fields.required("name"));
    topology.description = read_line(fields.required("description"));
    if (const auto case_of = fields.optional("stands_for"))
      topology.stands_for = read_line(*case_of);
    fields.required("segments").each([&](const JsonReader& item) {
      topology.segments.push_back(read_segment(item));
    });
    if (const auto gateways = fields.optional("gateways"))
      gateways->each([&](const JsonReader& item) {
        topology.gateways.push_back(read_gateway(item, topology.segments));
      });
    fields.required("machines").each([&](const JsonReader& item) {
      topology.machines.push_back(read_machine(item, topology.segments));
    });
  });
  check_topology(topology, json.source());
  assign_addresses(topology, json.source());
  return topology;
}

} // namespace hermesh
