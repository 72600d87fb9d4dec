// SPDX-License-Identifier: MIT
// Experts whose weights are stored in one stack, as transformers 5 keeps them, against the same
// weights one by one.
#include "../files/tiny_model.hpp"
#include "model_fixture.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>

#include <map>
#include <nlohmann/json.hpp>

using namespace phiscope::test;

namespace {

at::Tensor tensor_of(const TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(at::kFloat));
  std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

void write_tensors(const std::filesystem::path& file,
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
void write_stacked(const std::filesystem::path& from, const std::filesystem::path& to,
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

}  // namespace

TEST_CASE("stacked experts are loaded bit for bit", "[stacked_experts]") {
  const std::string family = GENERATE("olmoe", "qwen3_moe");
  const bool transposed = GENERATE(false, true);
  CAPTURE(family, transposed);
  const TempDir dir;
  const std::filesystem::path one_by_one = golden() / "models" / family / "model";
  write_stacked(one_by_one, dir.path() / "model", transposed);
  const Model wanted = load_model(one_by_one, at::kFloat, at::kCPU);
  const Model found = load_model(dir.path() / "model", at::kFloat, at::kCPU);
  std::size_t compared = 0;
  for (std::size_t layer = 0; layer < wanted.blocks.size(); ++layer) {
    REQUIRE(found.blocks[layer].experts.size() == wanted.blocks[layer].experts.size());
    for (std::size_t expert = 0; expert < wanted.blocks[layer].experts.size(); ++expert) {
      for (const Part part : {Part::gate, Part::up, Part::down}) {
        CAPTURE(layer, expert, static_cast<int>(part));
        CHECK(at::equal(found.blocks[layer].experts[expert][part],
                        wanted.blocks[layer].experts[expert][part]));
        ++compared;
      }
    }
  }
  CHECK(compared > 6);
}
