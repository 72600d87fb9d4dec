// SPDX-License-Identifier: MIT
#include "files/weights/safetensors.hpp"

#include "files/model/describe.hpp"
#include "target.hpp"

#include <algorithm>
#include <vector>

namespace phiscope::fuzz {
namespace {

/// The file that holds the same tensors, in the order of their names.
std::string written(const extract::Safetensors& contents) {
  nlohmann::json header = nlohmann::json::object();
  std::string data;
  for (const auto& [name, tensor] : contents.tensors) {
    const std::size_t begin = data.size();
    for (const std::byte one : tensor.bytes) data += static_cast<char>(one);
    header[name] = {{"dtype", name_of(tensor.dtype)},
                    {"shape", tensor.shape},
                    {"data_offsets", {begin, data.size()}}};
  }
  if (!contents.metadata.empty()) header["__metadata__"] = contents.metadata;
  const std::string text = header.dump();
  std::string file;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    file += static_cast<char>(text.size() >> shift & 0xFFU);
  }
  return file + text + data;
}

void check(const extract::Safetensors& contents, std::span<const std::byte> file) {
  std::vector<std::span<const std::byte>> parts;
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : contents.tensors) {
    require(exact_bytes(tensor.shape, 1) == count(tensor), "safetensors: shape");
    require(exact_bytes(tensor.shape, item_size(tensor.dtype)) == tensor.bytes.size(),
            "safetensors: size");
    if (!tensor.bytes.empty()) parts.push_back(tensor.bytes);
    bytes += tensor.bytes.size();
  }
  std::ranges::sort(parts, {}, [](const auto& part) { return part.data(); });
  for (std::size_t i = 1; i < parts.size(); ++i) {
    require(parts[i - 1].data() + parts[i - 1].size() == parts[i].data(),
            "safetensors: tensors overlap or leave a hole");
  }
  require(parts.empty() || parts.back().data() + parts.back().size() == file.data() + file.size(),
          "safetensors: the data ends elsewhere than the file");
  require(bytes + 10 <= file.size(), "safetensors: more data than the file has");
  (void)extract::describe_safetensors(contents).dump();

  const std::string anew = written(contents);
  read_again([&] {
    const auto again = extract::parse_safetensors(as_bytes(anew), "written.safetensors");
    require(again.metadata == contents.metadata, "safetensors: other metadata");
    require(std::ranges::equal(again.tensors, contents.tensors,
                               [](const auto& a, const auto& b) {
                                 return a.first == b.first && a.second.dtype == b.second.dtype &&
                                        a.second.shape == b.second.shape &&
                                        std::ranges::equal(a.second.bytes, b.second.bytes);
                               }),
            "safetensors: other tensors");
  });
}

}  // namespace

bool try_safetensors(std::string_view input) {
  const auto bytes = as_bytes(input);
  return accept_or_refuse(
      "x.safetensors", [&] { check(extract::parse_safetensors(bytes, "x.safetensors"), bytes); });
}

}  // namespace phiscope::fuzz
