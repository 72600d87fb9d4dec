// SPDX-License-Identifier: MIT
#include "files/describe.hpp"
#include "files/safetensors.hpp"
#include "input_file.hpp"

#include <algorithm>
#include <span>
#include <vector>

using namespace phiscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = test::input_file("x.safetensors", test::as_text(data, size));
  test::accept_or_refuse(path, [&] {
    const extract::SafetensorsFile file(path);
    std::vector<std::span<const std::byte>> parts;
    std::size_t bytes = 0;
    for (const auto& [name, tensor] : file.tensors()) {
      test::require(tensor.bytes.size() == count(tensor) * item_size(tensor.dtype), "a size");
      if (!tensor.bytes.empty()) parts.push_back(tensor.bytes);
      bytes += tensor.bytes.size();
    }
    std::ranges::sort(parts, {}, [](const auto& part) { return part.data(); });
    for (std::size_t i = 1; i < parts.size(); ++i) {
      test::require(parts[i - 1].data() + parts[i - 1].size() == parts[i].data(),
                    "tensors overlap or leave a hole");
    }
    test::require(bytes <= size, "more data than the file has");
    (void)extract::describe_safetensors(path).dump();
  });
  return 0;
}
