// SPDX-License-Identifier: MIT
#include "vpn/functions.hh"

#include "base/address.hh"
#include "base/error.hh"
#include "base/suggest.hh"
#include "vpn/encoding.hh"
#include "vpn/keys.hh"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace hermesh {
namespace {

constexpr std::size_t any_number = 64;

/// The arguments of one call, each asked for by its type.
class Arguments {
public:
  Arguments(std::string_view function, const std::vector<Value>& values, const KeySource& keys)
      : function_(function), values_(values), keys_(keys) {}

  std::size_t size() const { return values_.size(); }
  const KeySource& keys() const { return keys_; }
  const Value& value(std::size_t i) const { return values_[i]; }

  const std::string& bytes(std::size_t i) const { return get<std::string>(i, "bytes"); }
  bool flag(std::size_t i) const { return get<bool>(i, "true or false"); }

  std::int64_t integer(std::size_t i,
                       std::int64_t low = 0,
                       std::int64_t high = std::numeric_limits<std::int64_t>::max()) const {
    const auto number = get<std::int64_t>(i, "an integer");
    if (number < low || number > high)
      fail(
          i, "from " + std::to_string(low) + " to " + std::to_string(high), std::to_string(number));
    return number;
  }

  std::uint32_t small(std::size_t i, std::uint32_t low = 0) const {
    return static_cast<std::uint32_t>(integer(i, low, std::numeric_limits<std::uint32_t>::max()));
  }

  std::uint32_t field(std::size_t i) const {
    return static_cast<std::uint32_t>(integer(i, 1, (1 << 29) - 1));
  }

  std::string machine(std::size_t i) const {
    return keys_.machines.at(get<MachineRef>(i, "a machine").index);
  }

  Address address(std::size_t i) const {
    const auto address = Address::parse(bytes(i));
    if (!address) fail(i, "an address", "'" + bytes(i) + "'");
    return *address;
  }

  Prefix prefix(std::size_t i) const {
    const auto prefix = Prefix::parse(bytes(i));
    if (!prefix) fail(i, "a prefix such as '10.42.0.0/16'", "'" + bytes(i) + "'");
    return *prefix;
  }

  std::string all_bytes() const {
    std::string all;
    for (std::size_t i = 0; i < size(); ++i)
      all += bytes(i);
    return all;
  }

  [[noreturn]] void fail(std::size_t i, const std::string& wanted, const std::string& found) const {
    throw InputError(std::string(function_) + "(): argument " + std::to_string(i + 1) + ": found " +
                     found + ", wanted " + wanted);
  }

private:
  template <typename T>
  const T& get(std::size_t i, const std::string& wanted) const {
    const auto* value = std::get_if<T>(&values_[i]);
    if (value == nullptr) fail(i, wanted, type_of(values_[i]));
    return *value;
  }

  std::string_view function_;
  const std::vector<Value>& values_;
  const KeySource& keys_;
};

Value key(const Arguments& a) {
  return derive_key(a.keys().seed, a.keys().vpn, a.size() == 2 ? a.machine(1) : "", a.bytes(0));
}

/// A number in [low, high] that `data` decides: a port from a key. The bias is below 2^-31 for
/// ranges of ports.
Value pick(const Arguments& a) {
  const auto low = a.small(1);
  const auto high = a.small(2, low);
  const auto hash = sha256(a.bytes(0));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 7; ++i)
    number = number << 8 | static_cast<unsigned char>(hash[i]);
  return std::int64_t{low} +
         static_cast<std::int64_t>(number % (std::uint64_t{high} - std::uint64_t{low} + 1));
}

Value slice(const Arguments& a) {
  const auto& data = a.bytes(0);
  const auto size = static_cast<std::int64_t>(data.size());
  const auto from = a.integer(1, 0, size);
  const auto length = a.integer(2, 0, size - from);
  return data.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(length));
}

Value packed(const Arguments& a) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 1; i < a.size(); ++i)
    numbers.push_back(static_cast<std::uint64_t>(a.integer(i)));
  return pb_packed(a.field(0), numbers);
}

Value ip_bytes(const Arguments& a) {
  const auto address = a.address(0);
  const auto& bytes = address.bytes();
  const std::string all(bytes.begin(), bytes.end());
  return address.is_v4() ? all.substr(12) : all;
}

Value ip_number(const Arguments& a) {
  const auto address = a.address(0);
  if (!address.is_v4()) a.fail(0, "an IPv4 address", "'" + a.bytes(0) + "'");
  return std::int64_t{address.v4_value()};
}

Value host(const Arguments& a) {
  const auto prefix = a.prefix(0);
  const auto number = a.small(1);
  const unsigned bits = (prefix.address.is_v4() ? 32 : 128) - prefix.length;
  if (bits < 32 && number >> bits != 0)
    a.fail(1, "a host within " + a.bytes(0), std::to_string(number));
  return to_string(prefix.host(number));
}

Value equal(const Arguments& a) {
  if (a.value(0).index() != a.value(1).index()) a.fail(1, type_of(a.value(0)), type_of(a.value(1)));
  return a.value(0) == a.value(1);
}

Value all_of(const Arguments& a) {
  bool all = true;
  for (std::size_t i = 0; i < a.size(); ++i)
    all = a.flag(i) && all;
  return all;
}

Value any_of(const Arguments& a) {
  bool any = false;
  for (std::size_t i = 0; i < a.size(); ++i)
    any = a.flag(i) || any;
  return any;
}

struct Function {
  std::string_view name;
  std::size_t fewest;
  std::size_t most;
  Value (*run)(const Arguments&);
};

constexpr std::array functions{
    Function{"key", 1, 2, key},
    Function{
        "x25519_clamp", 1, 1, [](const Arguments& a) -> Value { return x25519_clamp(a.bytes(0)); }},
    Function{"x25519_public",
             1,
             1,
             [](const Arguments& a) -> Value { return x25519_public(a.bytes(0)); }},
    Function{"ed25519_public",
             1,
             1,
             [](const Arguments& a) -> Value { return ed25519_public(a.bytes(0)); }},
    Function{"ed25519_sign",
             2,
             2,
             [](const Arguments& a) -> Value { return ed25519_sign(a.bytes(0), a.bytes(1)); }},
    Function{"sha256", 1, 1, [](const Arguments& a) -> Value { return sha256(a.bytes(0)); }},
    Function{"sha512", 1, 1, [](const Arguments& a) -> Value { return sha512(a.bytes(0)); }},
    Function{"blake2b",
             1,
             2,
             [](const Arguments& a) -> Value {
               return blake2b(a.bytes(0), a.size() == 2 ? a.small(1) : 32);
             }},
    Function{"hex", 1, 1, [](const Arguments& a) -> Value { return hex(a.bytes(0)); }},
    Function{"unhex", 1, 1, [](const Arguments& a) -> Value { return unhex(a.bytes(0)); }},
    Function{"base64", 1, 1, [](const Arguments& a) -> Value { return base64(a.bytes(0)); }},
    Function{"base64url", 1, 1, [](const Arguments& a) -> Value { return base64url(a.bytes(0)); }},
    Function{"base32", 1, 1, [](const Arguments& a) -> Value { return base32(a.bytes(0)); }},
    Function{"base58", 1, 1, [](const Arguments& a) -> Value { return base58(a.bytes(0)); }},
    Function{"pem", 2, 2, [](const Arguments& a) -> Value { return pem(a.bytes(0), a.bytes(1)); }},
    Function{"concat", 1, any_number, [](const Arguments& a) -> Value { return a.all_bytes(); }},
    Function{"slice", 3, 3, slice},
    Function{"u32", 1, 1, [](const Arguments& a) -> Value { return u32(a.small(0)); }},
    Function{"lv32", 1, 1, [](const Arguments& a) -> Value { return lv32(a.bytes(0)); }},
    Function{"pb_bytes",
             2,
             2,
             [](const Arguments& a) -> Value { return pb_bytes(a.field(0), a.bytes(1)); }},
    Function{"pb_varint",
             2,
             2,
             [](const Arguments& a) -> Value {
               return pb_varint(a.field(0), static_cast<std::uint64_t>(a.integer(1)));
             }},
    Function{"pb_packed", 1, any_number, packed},
    Function{"ip_bytes", 1, 1, ip_bytes},
    Function{"ip_number", 1, 1, ip_number},
    Function{"host", 2, 2, host},
    Function{"pick", 3, 3, pick},
    Function{"equal", 2, 2, equal},
    Function{"not", 1, 1, [](const Arguments& a) -> Value { return !a.flag(0); }},
    Function{"and", 2, any_number, all_of},
    Function{"or", 2, any_number, any_of},
};

std::string wanted_count(const Function& function) {
  const auto fewest = std::to_string(function.fewest);
  if (function.fewest == function.most) return fewest;
  if (function.most == any_number) return fewest + " or more";
  return fewest + " or " + std::to_string(function.most);
}

} // namespace

std::string type_of(const Value& value) {
  constexpr std::array<const char*, 4> names{"bytes", "an integer", "true or false", "a machine"};
  return names.at(value.index());
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const auto& function : functions)
    names.emplace_back(function.name);
  return names;
}

Value call_function(std::string_view name,
                    const std::vector<Value>& arguments,
                    const KeySource& keys) {
  const auto* function = std::ranges::find(functions, name, &Function::name);
  if (function == functions.end())
    throw InputError("there is no function '" + std::string(name) + "'" +
                     did_you_mean(name, function_names()));
  if (arguments.size() < function->fewest || arguments.size() > function->most)
    throw InputError(std::string(name) + "(): found " + std::to_string(arguments.size()) +
                     " arguments, wanted " + wanted_count(*function));
  return function->run(Arguments(name, arguments, keys));
}

} // namespace hermesh
