// SPDX-License-Identifier: MIT
#include "machine/domain_xml.hh"

#include "base/error.hh"
#include "machine/xml_writer.hh"

#include <sched.h>
#include <sys/un.h>

namespace hermesh {
namespace {

// i440fx: under TCG it reaches the guest agent as fast as q35 and needs no tree of root ports.
constexpr std::string_view machine_type = "pc";

// MiB of translated code that QEMU keeps. Its default grows with the guest's memory and is what an
// idle guest costs most of under TCG; much less than this and busy guests translate again and
// again.
constexpr std::string_view tb_cache_mib = "32";

void write_boot(XmlWriter& xml,
                const VirtualMachine& machine,
                const GuestImage& image,
                const DomainHost& host) {
  xml.open("os");
  xml.text("type", "hvm", {{"arch", "x86_64"}, {"machine", machine_type}});
  xml.text("kernel", image.kernel.string());
  xml.text("initrd", image.initrd.string());
  auto cmdline = image.cmdline + " hermesh.hostname=" + machine.name;
  if (host.tsc_khz > 0) cmdline += " tsc_early_khz=" + std::to_string(host.tsc_khz);
  xml.text("cmdline", cmdline);
  xml.close();
}

void write_processor(XmlWriter& xml, Accelerator accelerator) {
  xml.open("features");
  xml.leaf("acpi");
  if (accelerator == Accelerator::tcg) {
    xml.open("tcg");
    xml.text("tb-cache", tb_cache_mib, {{"unit", "MiB"}});
    xml.close();
  }
  xml.close();
  if (accelerator == Accelerator::tcg)
    xml.leaf("cpu", {{"mode", "maximum"}, {"check", "none"}});
  else // a migratable host model hides what nested hosts then trip over
    xml.leaf("cpu", {{"mode", "host-passthrough"}, {"check", "none"}, {"migratable", "off"}});
}

void write_disk(XmlWriter& xml, const std::filesystem::path& root) {
  xml.open("disk", {{"type", "file"}, {"device", "disk"}});
  xml.leaf("driver", {{"name", "qemu"}, {"type", "raw"}});
  xml.leaf("source", {{"file", root.string()}});
  xml.leaf("target", {{"dev", "vda"}, {"bus", "virtio"}});
  xml.leaf("readonly");
  xml.leaf("shareable"); // all guests of all trials read the same file
  xml.close();
}

void write_cards(XmlWriter& xml, const std::vector<VirtualCard>& cards) {
  for (const auto& card : cards) {
    const bool datagrams = card.own_datagram_port != 0;
    xml.open("interface", {{"type", datagrams ? "udp" : "client"}});
    xml.leaf("mac", {{"address", to_string(card.mac)}});
    const auto port = std::to_string(card.port);
    const XmlWriter::Attributes peer{{"address", "127.0.0.1"}, {"port", port}};
    if (datagrams) {
      xml.open("source", peer);
      xml.leaf("local",
               {{"address", "127.0.0.1"}, {"port", std::to_string(card.own_datagram_port)}});
      xml.close();
    } else {
      xml.leaf("source", peer);
    }
    xml.leaf("model", {{"type", "virtio"}});
    xml.close();
  }
}

/// A unix socket that QEMU binds; `target` says what it is in the guest.
void write_socket(XmlWriter& xml,
                  std::string_view element,
                  const std::filesystem::path& socket,
                  XmlWriter::Attributes target) {
  if (socket.string().size() >= sizeof(sockaddr_un::sun_path))
    throw Error("the socket path " + socket.string() + " is too long: set TMPDIR to a short one");
  xml.open(element, {{"type", "unix"}});
  xml.leaf("source", {{"mode", "bind"}, {"path", socket.string()}});
  xml.leaf("target", target);
  xml.close();
}

void write_consoles(XmlWriter& xml, const VirtualMachine& machine, const DomainHost& host) {
  xml.leaf("controller", {{"type", "virtio-serial"}, {"index", "0"}});
  xml.open("serial", {{"type", "file"}});
  xml.leaf("source", {{"path", machine.console_log.string()}});
  xml.leaf("target", {{"port", "0"}});
  xml.close();
  xml.open("console", {{"type", "file"}}); // libvirt's first console is the serial port itself
  xml.leaf("source", {{"path", machine.console_log.string()}});
  xml.leaf("target", {{"type", "serial"}, {"port", "0"}});
  xml.close();
  write_socket(xml, "console", host.shell_socket, {{"type", "virtio"}, {"port", "1"}});
  write_socket(
      xml, "channel", host.agent_socket, {{"type", "virtio"}, {"name", "org.qemu.guest_agent.0"}});
  write_socket(
      xml, "channel", host.probe_socket, {{"type", "virtio"}, {"name", "org.hermesh.probe.0"}});
}

} // namespace

std::string
domain_xml(const VirtualMachine& machine, const GuestImage& image, const DomainHost& host) {
  XmlWriter xml;
  xml.open("domain", {{"type", host.accelerator == Accelerator::kvm ? "kvm" : "qemu"}});
  xml.text("name", machine.domain);
  xml.text("uuid", machine.uuid);
  xml.text("memory", std::to_string(machine.memory_mib), {{"unit", "MiB"}});
  xml.text(
      "vcpu", std::to_string(machine.vcpus), {{"placement", "static"}, {"cpuset", host.cpuset}});
  write_boot(xml, machine, image, host);
  write_processor(xml, host.accelerator);
  xml.leaf("clock", {{"offset", "utc"}});
  for (const auto* const event : {"on_poweroff", "on_reboot", "on_crash"})
    xml.text(event, "destroy");
  xml.open("devices");
  if (!host.emulator.empty()) xml.text("emulator", host.emulator.string());
  xml.leaf("controller", {{"type", "usb"}, {"model", "none"}});
  write_disk(xml, image.root);
  write_cards(xml, machine.cards);
  write_consoles(xml, machine, host);
  xml.open("rng", {{"model", "virtio"}});
  xml.text("backend", "/dev/urandom", {{"model", "random"}});
  xml.close();
  xml.leaf("memballoon", {{"model", "none"}});
  xml.close();
  xml.close();
  return xml.document();
}

std::string usable_cpuset() {
  cpu_set_t set;
  check("ask for the usable processors", ::sched_getaffinity(0, sizeof set, &set));
  const auto usable = [&set](std::size_t cpu) { return cpu < CPU_SETSIZE && CPU_ISSET(cpu, &set); };
  std::string text;
  for (std::size_t first = 0; first < CPU_SETSIZE; ++first) {
    if (!usable(first)) continue;
    auto last = first;
    while (usable(last + 1))
      ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(first);
    if (last > first) text += "-" + std::to_string(last);
    first = last;
  }
  return text;
}

} // namespace hermesh
