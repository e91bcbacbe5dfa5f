// SPDX-License-Identifier: MIT
// libvirt's own driver for tests: connections and domains without a QEMU or a daemon.
#include "machine/domain_events.hh"
#include "machine/hypervisor.hh"
#include "machine/libvirt_process.hh"

#include <gtest/gtest.h>
#include <libvirt/virterror.h>

#include <array>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(Libvirt, ErrorsAreItsOwnWordsAfterTheAttempt) {
  const auto connection = open_connection("test:///default");
  try {
    Domain(require("find the domain", virDomainLookupByName(connection.get(), "nowhere")));
    FAIL();
  } catch (const LibvirtError& error) {
    EXPECT_EQ(std::string(error.what()).find("find the domain: Domain not found"), 0U)
        << error.what();
    EXPECT_EQ(error.code(), VIR_ERR_NO_DOMAIN);
  }
}

TEST(Libvirt, AnUnknownAddressIsAnErrorThatNamesIt) {
  try {
    open_connection("nonsense:///x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("nonsense:///x"), std::string::npos) << error.what();
  }
}

TEST(Libvirt, ADomainsEndIsToldToItsLife) {
  const auto connection = open_connection("test:///default");
  const Domain domain(require("make",
                              virDomainCreateXML(connection.get(),
                                                 "<domain type='test'><name>one</name><memory>8192"
                                                 "</memory><os><type>hvm</type></os></domain>",
                                                 0)));
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  ASSERT_EQ(virDomainGetUUIDString(domain.get(), uuid.data()), 0);
  DomainEvents events(connection.get());
  const auto life = std::make_shared<Life>();
  const auto other = std::make_shared<Life>();
  events.follow(uuid.data(), life);
  events.follow("00000000-0000-0000-0000-000000000000", other);
  ASSERT_EQ(virDomainDestroy(domain.get()), 0);
  EXPECT_TRUE(life->await_end(steady_clock::now() + 30s));
  EXPECT_EQ(life->obituary(), "the guest's QEMU ended: destroyed");
  EXPECT_EQ(other->obituary(), "");
}

TEST(Libvirt, EventsMayGoWhileTheConnectionStays) {
  const auto connection = open_connection("test:///default");
  const Domain domain(
      require("make",
              virDomainCreateXML(connection.get(),
                                 "<domain type='test'><name>other</name><memory>8192"
                                 "</memory><os><type>hvm</type></os></domain>",
                                 0)));
  { const DomainEvents events(connection.get()); }
  EXPECT_EQ(virDomainDestroy(domain.get()), 0);
}

} // namespace
} // namespace hermesh
