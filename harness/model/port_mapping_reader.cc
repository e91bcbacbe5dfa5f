// SPDX-License-Identifier: MIT
#include "model/port_mapping_reader.hh"

#include "model/fields.hh"

#include <array>

namespace hermesh {
namespace {

constexpr Duration shortest_lease = std::chrono::seconds{1};
constexpr Duration longest_lease = std::chrono::hours{168};

constexpr std::array refusings{nat::Refusing::no,
                               nat::Refusing::not_authorized,
                               nat::Refusing::no_resources,
                               nat::Refusing::network_failure};

void read_protocols(const JsonReader& json, nat::PortMapping& mapping) {
  json.each([&](const JsonReader& item) {
    const bool is_nat_pmp = item.one_of({"nat-pmp", "pcp"}) == 0;
    bool& spoken = is_nat_pmp ? mapping.nat_pmp : mapping.pcp;
    if (spoken) item.fail("found " + item.quoted() + " twice");
    spoken = true;
  });
  if (!mapping.is_offered())
    json.fail("found an empty list, wanted 'nat-pmp', 'pcp' or both; who offers neither leaves "
              "port_mapping out");
}

nat::Refusing read_refusing(const JsonReader& json) {
  std::vector<std::string> words;
  for (const auto refusing : refusings)
    words.push_back(to_string(refusing));
  return refusings.at(json.one_of(words));
}

} // namespace

nat::PortMapping read_port_mapping(const JsonReader& json) {
  nat::PortMapping mapping;
  json.object([&](JsonReader::Fields& fields) {
    read_protocols(fields.required("protocols"), mapping);
    if (const auto lifetime = fields.optional("lifetime"))
      mapping.most_lifetime = read_duration(*lifetime, shortest_lease, longest_lease);
    if (const auto refuses = fields.optional("refuses")) mapping.refuses = read_refusing(*refuses);
    if (const auto outbound = fields.optional("outbound")) mapping.outbound = outbound->flag();
  });
  return mapping;
}

} // namespace hermesh
