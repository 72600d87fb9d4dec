// SPDX-License-Identifier: MIT
// Models of experts whose weights are stored in one stack, as transformers 5 keeps them.
#pragma once

#include "extract/files/tiny_model.hpp"
#include "files/weights/weights.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace phiscope::test {

inline at::Tensor tensor_of(const TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(at::kFloat));
  std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

inline void write_tensors(const std::filesystem::path& file,
                          const std::map<std::string, at::Tensor>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor whole = tensor.contiguous();
    header[name] = {
        {"dtype", "F32"},
        {"shape", std::vector<std::int64_t>(whole.sizes().begin(), whole.sizes().end())},
        {"data_offsets", {data.size(), data.size() + whole.nbytes()}}};
    data.append(static_cast<const char*>(whole.const_data_ptr()), whole.nbytes());
  }
  write_bytes(file, safetensors_bytes(header.dump(), data));
}

/// The directory of a golden model with the experts of every layer in two stacks.
inline void write_stacked(const std::filesystem::path& from, const std::filesystem::path& to,
                          bool transposed) {
  std::filesystem::copy(from, to);
  const Weights weights = Weights::open(from);
  const auto read = [&](const std::string& name) { return tensor_of(weights.at(name)); };
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::int64_t> stacks;  // with how many experts
  for (const auto& [name, view] : weights.tensors()) {
    const std::size_t experts = name.find(".experts.");
    if (experts == std::string::npos) {
      tensors[name] = tensor_of(view);
    } else if (name.ends_with("down_proj.weight")) {
      ++stacks[name.substr(0, experts + 8)];
    }
  }
  for (const auto& [stack, count] : stacks) {
    std::vector<at::Tensor> gates;
    std::vector<at::Tensor> downs;
    for (std::int64_t expert = 0; expert < count; ++expert) {
      const std::string name = stack + "." + std::to_string(expert) + ".";
      gates.push_back(at::cat({read(name + "gate_proj.weight"), read(name + "up_proj.weight")}));
      downs.push_back(read(name + "down_proj.weight"));
    }
    const at::Tensor gate = at::stack(gates);
    const at::Tensor down = at::stack(downs);
    tensors[stack + ".gate_up_proj"] = transposed ? gate.transpose(1, 2) : gate;
    tensors[stack + ".down_proj"] = transposed ? down.transpose(1, 2) : down;
  }
  write_tensors(to / "model.safetensors", tensors);
}

}  // namespace phiscope::test
