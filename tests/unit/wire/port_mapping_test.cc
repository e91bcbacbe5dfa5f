// SPDX-License-Identifier: MIT
// NAT-PMP (RFC 6886) and PCP (RFC 6887) messages, as the documents draw them.
#include "wire/nat_pmp.hh"
#include "wire/pcp.hh"

#include <gtest/gtest.h>

#include <initializer_list>

namespace hermesh::wire {
namespace {

std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values)
    bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// Every shorter form of the message, and what the parser makes of it.
template <typename Parse>
std::size_t shortest(const std::vector<std::byte>& message, Parse parse) {
  for (std::size_t size = 0; size <= message.size(); ++size)
    if (parse(Bytes(message).first(size))) return size;
  return message.size() + 1;
}

TEST(NatPmp, ExternalAddressIsTwoBytesAndAnswersTwelve) {
  const auto question = octets({0, 0});
  EXPECT_EQ(nat_pmp::parse_request(question), nat_pmp::Request{});
  EXPECT_EQ(shortest(question, nat_pmp::parse_request), 2U);
  const nat_pmp::Response answer{.epoch = 0x01020304, .external = Address::v4(0x50640101)};
  std::vector<std::byte> out(nat_pmp::most_response_size);
  out.resize(nat_pmp::write_response(out, answer));
  EXPECT_EQ(out, octets({0, 128, 0, 0, 1, 2, 3, 4, 80, 100, 1, 1}));
  EXPECT_EQ(nat_pmp::parse_response(out), answer);
  EXPECT_EQ(nat_pmp::parse_request(out), std::nullopt) << "an answer is no question";
}

TEST(NatPmp, MappingIsTwelveBytesAndAnswersSixteen) {
  const nat_pmp::Request request{
      .opcode = 1, .internal_port = 0x1234, .suggested_port = 0x5678, .lifetime = 7200};
  const auto bytes = octets({0, 1, 0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0x1c, 0x20});
  EXPECT_EQ(nat_pmp::parse_request(bytes), request);
  EXPECT_EQ(shortest(bytes, nat_pmp::parse_request), 12U);
  std::vector<std::byte> out(16);
  out.resize(nat_pmp::write_request(out, request));
  EXPECT_EQ(out, bytes);

  const nat_pmp::Response answer{
      .opcode = 1, .epoch = 9, .internal_port = 0x1234, .external_port = 0x5679, .lifetime = 3600};
  out.resize(nat_pmp::most_response_size);
  out.resize(nat_pmp::write_response(out, answer));
  EXPECT_EQ(out, octets({0, 129, 0, 0, 0, 0, 0, 9, 0x12, 0x34, 0x56, 0x79, 0, 0, 0x0e, 0x10}));
  EXPECT_EQ(nat_pmp::parse_response(out), answer);
  EXPECT_EQ(shortest(out, nat_pmp::parse_response), 16U);
}

TEST(NatPmp, AnErrorMayBeEightBytes) {
  const auto refused = octets({0, 129, 0, 1, 0, 0, 0, 7});
  const auto answer = nat_pmp::parse_response(refused);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result, nat_pmp::Result::unsupported_version);
  EXPECT_EQ(answer->epoch, 7U);
}

TEST(NatPmp, OtherVersionsAreNotItsOwn) {
  EXPECT_EQ(nat_pmp::parse_request(octets({2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})), std::nullopt);
  EXPECT_EQ(nat_pmp::parse_response(octets({2, 129, 0, 0, 0, 0, 0, 0})), std::nullopt);
}

const pcp::Map map{.nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                   .protocol = 17,
                   .internal_port = 0x1234,
                   .external_port = 0x5678,
                   .external = Address::v4(0x50640101)};

std::vector<std::byte> map_request() {
  std::vector<std::byte> out(pcp::header_size + pcp::map_size);
  const pcp::Request request{
      .opcode = 1, .lifetime = 7200, .client = Address::v4(0xc0a80102), .map = map};
  EXPECT_EQ(pcp::write_request(out, request), out.size());
  return out;
}

TEST(Pcp, MapRequestIsAsDrawn) {
  const auto bytes = map_request();
  EXPECT_EQ(bytes,
            octets({2, 1, 0, 0,    0,    0,   0x1c, 0x20, 0, 0,    0,    0,    0,    0,    0,
                    0, 0, 0, 0xff, 0xff, 192, 168,  1,    2, 1,    2,    3,    4,    5,    6,
                    7, 8, 9, 10,   11,   12,  17,   0,    0, 0,    0x12, 0x34, 0x56, 0x78, 0,
                    0, 0, 0, 0,    0,    0,   0,    0,    0, 0xff, 0xff, 80,   100,  1,    1}));
  const auto parsed = pcp::parse_request(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->result, pcp::Result::success);
  EXPECT_EQ(parsed->request.map, map);
  EXPECT_EQ(parsed->request.client, Address::v4(0xc0a80102));
  EXPECT_EQ(parsed->request.lifetime, 7200U);
  EXPECT_TRUE(parsed->request.options.empty());
}

TEST(Pcp, EveryTruncationIsSaidToBeMalformed) {
  const auto bytes = map_request();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto parsed = pcp::parse_request(Bytes(bytes).first(size));
    if (size < 2)
      EXPECT_FALSE(parsed) << size;
    else
      EXPECT_EQ(parsed.value().result, pcp::Result::malformed_request) << size;
  }
}

TEST(Pcp, MoreThanElevenHundredBytesAreMalformed) {
  auto bytes = map_request();
  bytes.resize(pcp::most_size + 4);
  EXPECT_EQ(pcp::parse_request(bytes)->result, pcp::Result::malformed_request);
}

TEST(Pcp, OptionsAreReadWithTheirPadding) {
  auto bytes = map_request();
  for (const std::byte b : octets({2, 0, 0, 0, 129, 0, 0, 3, 7, 8, 9, 0}))
    bytes.push_back(b);
  const auto parsed = pcp::parse_request(bytes);
  ASSERT_EQ(parsed->result, pcp::Result::success);
  ASSERT_EQ(parsed->request.options.size(), 2U);
  EXPECT_TRUE(parsed->request.options[0].is_mandatory());
  EXPECT_EQ(parsed->request.options[0].kind, pcp::option::prefer_failure);
  EXPECT_FALSE(parsed->request.options[1].is_mandatory());
  EXPECT_EQ(parsed->request.options[1].data.size(), 3U);
  bytes[bytes.size() - 5] = std::byte{9}; // its length
  EXPECT_EQ(pcp::parse_request(bytes)->result, pcp::Result::malformed_option);
}

TEST(Pcp, OtherVersionsAndOpcodesAreTold) {
  auto bytes = map_request();
  bytes[0] = std::byte{1};
  EXPECT_EQ(pcp::parse_request(bytes)->result, pcp::Result::unsupp_version);
  bytes[0] = std::byte{2};
  bytes[1] = std::byte{2};
  EXPECT_EQ(pcp::parse_request(bytes)->result, pcp::Result::unsupp_opcode);
  bytes[1] = std::byte{129};
  EXPECT_FALSE(pcp::parse_request(bytes)) << "an answer is no question";
}

TEST(Pcp, ResponseComesBackAsItWasWritten) {
  const pcp::Response response{.opcode = 1, .lifetime = 60, .epoch = 5, .map = map};
  std::vector<std::byte> out(pcp::header_size + pcp::map_size);
  EXPECT_EQ(pcp::write_response(out, response), out.size());
  EXPECT_EQ(pcp::parse_response(out), response);
  EXPECT_EQ(shortest(out, pcp::parse_response), out.size());
}

TEST(Pcp, ErrorIsTheRequestWithAnotherHeader) {
  const auto request = map_request();
  std::vector<std::byte> out(pcp::most_size);
  out.resize(pcp::write_error(out, request, pcp::Result::no_resources, 30, 77));
  ASSERT_EQ(out.size(), request.size());
  EXPECT_EQ(pcp::parse_response(out),
            (pcp::Response{.opcode = 1,
                           .result = pcp::Result::no_resources,
                           .lifetime = 30,
                           .epoch = 77,
                           .map = map}));
}

TEST(Pcp, ErrorsAreWholeWordsAndBounded) {
  std::vector<std::byte> out(pcp::most_size);
  const std::vector<std::byte> brief(3);
  EXPECT_EQ(pcp::write_error(out, brief, pcp::Result::unsupp_version, 1, 1), pcp::header_size);
  const std::vector<std::byte> odd(41);
  EXPECT_EQ(pcp::write_error(out, odd, pcp::Result::malformed_request, 1, 1), 44U);
  const std::vector<std::byte> giant(4000);
  EXPECT_EQ(pcp::write_error(out, giant, pcp::Result::malformed_request, 1, 1), pcp::most_size);
}

} // namespace
} // namespace hermesh::wire
