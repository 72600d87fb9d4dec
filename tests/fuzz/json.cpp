// SPDX-License-Identifier: MIT
#include "shard/text/json_file.hpp"
#include "target.hpp"

namespace phiscope::fuzz {

bool try_json(std::string_view input) {
  const bool accepted = accept_or_refuse("x.json", [&] {
    const nlohmann::json value = shard::parse_json(input, "x.json");
    const std::string written = value.dump();
    require(read_again([&] { return shard::parse_json(written, "x.json"); }) == value,
            "json: does not come back");
    require(nlohmann::json::parse(input) == value, "json: another value than of the library");
  });
  const bool ordered = accept_or_refuse("x.json", [&] {
    const auto value = shard::parse_ordered_json(input, "x.json", 7);
    const std::string written = value.dump(1);
    require(read_again([&] { return shard::parse_ordered_json(written, "x.json"); }) == value,
            "json: does not come back in its order");
  });
  require(accepted == ordered, "json: refused in one order only");
  return accepted;
}

}  // namespace phiscope::fuzz
