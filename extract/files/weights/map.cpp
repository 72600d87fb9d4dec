// SPDX-License-Identifier: MIT
#include "files/weights/map.hpp"

#include "files/json_fields.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"

namespace phiscope::extract {

using shard::FormatError;
using shard::quote_bytes;

WeightMap read_weight_map(const std::filesystem::path& index) {
  return parse_weight_map(shard::MappedFile(index).text(), index);
}

WeightMap parse_weight_map(std::string_view text, const std::filesystem::path& index) {
  const nlohmann::json root = shard::parse_json(text, index);
  const JsonFields map = JsonFields(root, index).object("weight_map");
  WeightMap shard_of;
  for (const auto& [tensor, value] : map.value().items()) {
    const std::string shard = map.text(tensor);
    const bool plain = shard.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
    if (!plain || !shard.ends_with(".safetensors")) {
      throw FormatError(index, "weight_map of tensor " + quote_bytes(tensor) + " is the path " +
                                   quote_bytes(shard) +
                                   ", expected the name of a .safetensors file in this directory");
    }
    shard_of[tensor] = shard;
  }
  if (shard_of.empty()) throw FormatError(index, "weight_map is empty, expected tensors");
  return shard_of;
}

}  // namespace phiscope::extract
