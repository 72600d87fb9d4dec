// SPDX-License-Identifier: MIT
#include "files/weights/map.hpp"
#include "target.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::fuzz {

bool try_weight_index(std::string_view input) {
  return accept_or_refuse("x.json", [&] {
    const extract::WeightMap files = extract::parse_weight_map(input, "x.json");
    require(!files.empty(), "index: empty");
    for (const auto& [tensor, file] : files) {
      const std::filesystem::path path = std::filesystem::path("model") / file;
      require(path.lexically_normal().parent_path() == "model" && path.filename() == file &&
                  file.ends_with(".safetensors"),
              "index: " + file + " is in another directory");
    }
    const std::string text = nlohmann::json{{"weight_map", files}}.dump();
    require(read_again([&] { return extract::parse_weight_map(text, "x.json"); }) == files,
            "index: does not come back");
  });
}

}  // namespace phiscope::fuzz
