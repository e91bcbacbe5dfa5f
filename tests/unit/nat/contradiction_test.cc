// SPDX-License-Identifier: MIT
#include "nat/behaviour.hh"

#include <gtest/gtest.h>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;
using enum Dependence;

std::string complaint(const Behaviour& behaviour) {
  const auto found = contradiction(behaviour);
  return found ? found->field + ": " + found->text : "";
}

TEST(Contradiction, EveryAxisAloneIsWell) {
  for (const auto mapping : {endpoint_independent, address_dependent, address_and_port_dependent})
    for (const auto filtering :
         {endpoint_independent, address_dependent, address_and_port_dependent})
      for (const auto ports : {PortAssignment::preserve,
                               PortAssignment::random,
                               PortAssignment::sequential_up,
                               PortAssignment::sequential_down,
                               PortAssignment::block,
                               PortAssignment::preserve_then_random})
        EXPECT_EQ(complaint({.mapping = mapping, .filtering = filtering, .ports = ports}), "");
  for (const Behaviour& behaviour :
       {Behaviour{.overload_ports = true},
        Behaviour{.hairpin = Hairpin::external_source},
        Behaviour{.filtering = address_dependent, .hairpin = Hairpin::internal_source},
        Behaviour{.refresh = Refresh::outbound_only},
        Behaviour{.absolute_lifetime = 60s},
        Behaviour{.external_addresses = 64},
        Behaviour{.pooling = Pooling::arbitrary, .external_addresses = 2},
        Behaviour{.translating = Translating::none},
        Behaviour{.ipv6 = Ipv6::open},
        Behaviour{.mtu = 1400, .mtu_errors = false},
        Behaviour{.translating = Translating::one_to_one,
        .hairpin = Hairpin::external_source,
        .external_addresses = 4},
        Behaviour{.ports = PortAssignment::block, .port_block_size = 512, .per_host_limit = 100},
        Behaviour{.udp_out = OutPolicy::none()}})
    EXPECT_EQ(complaint(behaviour), "");
}

TEST(Contradiction, NamesTheFieldAndWhatItWouldNeed) {
  const std::pair<Behaviour, const char*> cases[] = {
      {{.port_block_size = 32},
       "port_block_size: found 32 with ports 'preserve', wanted ports 'block'"},
      {{.ports = PortAssignment::block, .overload_ports = true},
       "overload_ports: found true with ports 'block', wanted ports 'preserve': no other is "
       "shared"},
      {{.filtering = endpoint_independent, .overload_ports = true},
       "overload_ports: found true with filtering 'EIF', wanted filtering 'APDF': only the whole "
       "tuple says whose a packet is"},
      {{.hairpin = Hairpin::internal_source},
       "hairpin: found \"internal-source\" with filtering 'APDF', wanted filtering 'EIF' or 'ADF': "
       "no "
       "inside endpoint was ever spoken to through the gateway"},
      {{.pooling = Pooling::arbitrary},
       "pooling: found \"arbitrary\" with one external address, wanted external_addresses from 2 "
       "up"},
      {{.ports = PortAssignment::block, .pooling = Pooling::arbitrary, .external_addresses = 2},
       "pooling: found \"arbitrary\" with ports 'block', wanted 'paired': a block is of one "
       "address"},
      {{.overload_ports = true, .pooling = Pooling::arbitrary, .external_addresses = 2},
       "pooling: found \"arbitrary\" with overload_ports, wanted 'paired', as masquerading has it"},
      {{.mtu_errors = false},
       "mtu_errors: found false with mtu 1500, wanted a smaller mtu: nothing is too big for this "
       "one"},
      {{.absolute_lifetime = 30s},
       "absolute_lifetime: found \"30s\" with no timer below 1m, wanted at least the shortest of "
       "the "
       "timers"},
      {{.translating = Translating::none, .mapping = address_dependent},
       "mapping: found \"ADM\" with translation 'none', wanted 'EIM': the port never changes"},
      {{.translating = Translating::one_to_one, .ports = PortAssignment::random},
       "ports: found \"random\" with translation 'one-to-one', wanted 'preserve': the port never "
       "changes"},
      {{.translating = Translating::one_to_one, .overload_ports = true},
       "overload_ports: found true with translation 'one-to-one', wanted false: no port is shared"},
      {{.translating = Translating::one_to_one,
        .pooling = Pooling::arbitrary,
        .external_addresses = 2},
       "pooling: found \"arbitrary\" with translation 'one-to-one', wanted 'paired': a host has "
       "one "
       "address"},
      {{.translating = Translating::none, .external_addresses = 2},
       "external_addresses: found 2 with translation 'none', wanted 1: inside addresses are seen "
       "outside as they are"},
      {{.translating = Translating::none, .hairpin = Hairpin::external_source},
       "hairpin: found \"external-source\" with translation 'none', wanted 'off': there is no "
       "outside "
       "endpoint"},
      {{.translating = Translating::none, .port_mapping = {.pcp = true}},
       "port_mapping: found 'pcp' with translation 'none', wanted translation 'napt': there is no "
       "port to grant"},
      {{.port_mapping = {.pcp = true, .refuses = Refusing::no_resources, .outbound = false}},
       "port_mapping: found outbound false with refuses 'no-resources', wanted refuses 'no': "
       "nothing is granted"}};
  for (const auto& [behaviour, wanted] : cases)
    EXPECT_EQ(complaint(behaviour), wanted);
}

TEST(OutPolicy, PassesWhatItLists) {
  const Behaviour web_only{.udp_out = {.only = {{443}}}, .tcp_out = {.only = {{80, 443}}}};
  EXPECT_TRUE(web_only.passes(Protocol::udp, 443));
  EXPECT_FALSE(web_only.passes(Protocol::udp, 80));
  EXPECT_TRUE(web_only.passes(Protocol::tcp, 80));
  EXPECT_FALSE(web_only.passes(Protocol::tcp, 22));
  EXPECT_TRUE(web_only.passes(Protocol::icmp, 7));
  EXPECT_TRUE(Behaviour{}.passes(Protocol::udp, 1));
  EXPECT_FALSE(OutPolicy::none().passes(443));
  EXPECT_EQ(to_string(web_only.tcp_out), "80 and 443");
  EXPECT_EQ(to_string(OutPolicy{.only = {{1, 2, 3}}}), "1, 2 and 3");
  EXPECT_EQ(to_string(OutPolicy{}), "all");
  EXPECT_EQ(to_string(OutPolicy::none()), "none");
}

} // namespace
} // namespace hermesh::nat
