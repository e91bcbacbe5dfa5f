// SPDX-License-Identifier: MIT
#include "wire/checksum.hh"
#include "wire/fragment.hh"
#include "wire/frame.hh"
#include "wire/ip.hh"

#include <gtest/gtest.h>

#include <vector>

namespace hermesh::wire {
namespace {

using Frame = std::vector<std::byte>;

Frame frame_with_options(std::size_t data, const std::vector<int>& options) {
  const Address from = *Address::parse("10.0.0.1");
  const Address to = *Address::parse("10.0.0.2");
  Frame frame(14 + 20 + options.size() + data);
  write_ethernet(frame, {.destination = {}, .source = {}, .type = ether_type::ipv4});
  const auto packet = MutableBytes(frame).subspan(14);
  write_ipv4(packet,
             {.total_size = static_cast<std::uint16_t>(packet.size()),
              .protocol = ip_protocol::udp,
              .identification = 77,
              .source = from,
              .destination = to});
  for (std::size_t i = 0; i < options.size(); ++i)
    packet[20 + i] = static_cast<std::byte>(options[i]);
  const std::size_t header = 20 + options.size();
  for (std::size_t i = header; i < packet.size(); ++i)
    packet[i] = static_cast<std::byte>(i * 7);
  store8(packet.data(), static_cast<std::uint8_t>(0x40 | header / 4));
  store16(packet.data() + 10, 0);
  store16(packet.data() + 10, checksum_of(sum_of(packet.first(header))));
  return frame;
}

std::vector<Frame> cut(Bytes frame, std::size_t mtu) {
  std::vector<Frame> pieces;
  fragment_ipv4(
      frame, mtu, [&](MutableBytes piece) { pieces.emplace_back(piece.begin(), piece.end()); });
  return pieces;
}

/// The data of all pieces, each where it belongs.
Frame data_of(const std::vector<Frame>& pieces, std::size_t size) {
  Frame data(size);
  for (const auto& piece : pieces) {
    const auto ip = parse_ipv4(Bytes(piece).subspan(14));
    EXPECT_TRUE(ip);
    if (!ip) continue;
    EXPECT_EQ(ip->identification, 77U);
    const auto part = Bytes(piece).subspan(14U + ip->header_size, ip->data_size());
    std::ranges::copy(part, data.begin() + ip->fragment_offset);
  }
  return data;
}

TEST(Fragment, PiecesFitAndMakeUpTheWhole) {
  const Frame frame = frame_with_options(1480, {});
  for (const std::size_t mtu : {1280U, 1400U, 1492U, 1499U, 1500U}) {
    const auto pieces = cut(frame, mtu);
    EXPECT_EQ(pieces.size(), mtu == 1500 ? 1U : 2U);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto ip = *parse_ipv4(Bytes(pieces[i]).subspan(14));
      EXPECT_LE(ip.total_size, mtu);
      EXPECT_EQ(ip.more_fragments, i + 1 < pieces.size());
    }
    EXPECT_EQ(data_of(pieces, 1480), Frame(frame.begin() + 34, frame.end()));
  }
}

TEST(Fragment, APieceMayBeCutAgain) {
  const Frame frame = frame_with_options(1480, {});
  std::vector<Frame> pieces;
  for (const auto& piece : cut(frame, 1400))
    for (auto& smaller : cut(piece, 576))
      pieces.push_back(std::move(smaller));
  EXPECT_EQ(pieces.size(), 4U);
  std::size_t last = 0;
  for (const auto& piece : pieces)
    if (!parse_ipv4(Bytes(piece).subspan(14))->more_fragments) ++last;
  EXPECT_EQ(last, 1U);
  EXPECT_EQ(data_of(pieces, 1480), Frame(frame.begin() + 34, frame.end()));
}

TEST(Fragment, OptionsAreCopiedIfTheySaySo) { // RFC 791 section 3.1
  constexpr int record_route = 7;
  constexpr int security = 130;
  const std::vector<int> options{record_route, 3, 4, 1, security, 3, 9, 0};
  const auto pieces = cut(frame_with_options(1400, options), 1280);
  ASSERT_EQ(pieces.size(), 2U);
  const auto option = [&](std::size_t piece, std::size_t i) {
    return std::to_integer<int>(pieces[piece][34 + i]);
  };
  for (std::size_t i = 0; i < options.size(); ++i)
    EXPECT_EQ(option(0, i), options[i]);
  const std::vector<int> later{1, 1, 1, 1, security, 3, 9, 0};
  for (std::size_t i = 0; i < later.size(); ++i)
    EXPECT_EQ(option(1, i), later[i]);
}

TEST(Fragment, BrokenOptionsEndNothing) {
  for (const auto& options :
       {std::vector<int>{7, 0, 0, 0}, std::vector<int>{7, 40, 0, 0}, std::vector<int>{1, 1, 1, 7}})
    EXPECT_EQ(data_of(cut(frame_with_options(1400, options), 1280), 1400).size(), 1400U);
}

} // namespace
} // namespace hermesh::wire
