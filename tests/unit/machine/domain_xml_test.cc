// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "machine/domain_xml.hh"
#include "support/golden.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

using hermesh::testing::expect_golden;

GuestImage image() {
  return {.folder = "/images/debian",
          .kernel = "/images/debian/vmlinux",
          .initrd = "/images/debian/initrd",
          .root = "/images/debian/root.erofs",
          .root_format = "erofs",
          .cmdline = "console=ttyS0 quiet",
          .name = "debian",
          .fingerprint = "f",
          .vpns = {},
          .tools = {}};
}

VirtualMachine machine() {
  return {.name = "a",
          .domain = "hermesh-x1-a",
          .uuid = "11111111-2222-4333-8444-555555555555",
          .memory_mib = 128,
          .vcpus = 1,
          .cards = {{.mac = {{0x52, 0x54, 0, 0, 0, 1}}, .port = 40001},
                    {.mac = {{0x52, 0x54, 0, 0, 0, 2}}, .port = 40002}},
          .console_log = "/runs/1/consoles/a.log",
          .xml_file = "/runs/1/libvirt/a.xml"};
}

DomainHost host() {
  return {.accelerator = Accelerator::tcg,
          .emulator = "/usr/bin/qemu-system-x86_64",
          .cpuset = "0-1",
          .agent_socket = "/tmp/lab.1/s/a",
          .probe_socket = "/tmp/lab.1/s/p",
          .shell_socket = "/tmp/lab.1/s/c"};
}

TEST(DomainXml, TcgWithTwoCards) {
  expect_golden("machine/tcg-two-cards.xml", domain_xml(machine(), image(), host()));
}

TEST(DomainXml, KvmWithoutCards) {
  auto spec = machine();
  spec.cards.clear();
  spec.memory_mib = 512;
  spec.vcpus = 2;
  auto place = host();
  place.accelerator = Accelerator::kvm;
  place.emulator.clear();
  expect_golden("machine/kvm-no-cards.xml", domain_xml(spec, image(), place));
}

TEST(DomainXml, ACardJoinedToAnotherGuests) {
  auto spec = machine();
  spec.cards = {{.mac = {{0x52, 0x54, 0, 0, 0, 1}}, .port = 40001, .own_datagram_port = 40002}};
  expect_golden("machine/joined-card.xml", domain_xml(spec, image(), host()));
}

TEST(DomainXml, EscapesPaths) {
  auto spec = machine();
  spec.console_log = "/runs/it's <1> & \"2\"/a.log";
  const auto xml = domain_xml(spec, image(), host());
  EXPECT_NE(xml.find("/runs/it&apos;s &lt;1&gt; &amp; &quot;2&quot;/a.log"), std::string::npos)
      << xml;
}

TEST(DomainXml, RefusesASocketPathThatTheKernelWould) {
  auto place = host();
  place.probe_socket = "/tmp/" + std::string(102, 'x'); // 107 bytes: the longest
  EXPECT_NO_THROW(domain_xml(machine(), image(), place));
  place.probe_socket += "x";
  EXPECT_THROW(domain_xml(machine(), image(), place), Error);
}

TEST(DomainXml, CpusetNamesAtLeastOneProcessor) {
  EXPECT_FALSE(usable_cpuset().empty());
  EXPECT_EQ(usable_cpuset().find_first_not_of("0123456789,-"), std::string::npos);
}

} // namespace
} // namespace hermesh
