// SPDX-License-Identifier: MIT
#include "files/model/tensor_layout.hpp"

#include "catch.hpp"
#include "extract/files/tiny_model.hpp"
#include "files/model/describe.hpp"
#include "files/weights/check.hpp"
#include "temp_dir.hpp"

#include <functional>
#include <limits>

namespace {

using namespace phiscope::extract;
using nlohmann::json;
using phiscope::test::TempDir;
using phiscope::test::TinyTensors;
using phiscope::test::write_model;

std::vector<float> numbers(const TensorView& view) {
  std::vector<float> values(view.bytes.size() / sizeof(float));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

/// The tiny tensors under other names.
TinyTensors renamed(const std::function<std::string(const std::string&)>& name) {
  TinyTensors tensors;
  for (const auto& [usual, tensor] : phiscope::test::tiny_tensors().all) {
    tensors.all[name(usual)] = tensor;
  }
  return tensors;
}

std::string said_to_tensors(const json& config, const TinyTensors& tensors) {
  const TempDir dir;
  write_model(dir.path(), config, tensors);
  return phiscope::test::refusal(
      [&] { static_cast<void>(describe_model(dir.path(), /*quick=*/false)); });
}

std::vector<std::string> layout_texts(const MatchedTensors& matched) {
  std::vector<std::string> lines;
  for (const Oddity& oddity : matched.layout) lines.push_back(text_of(oddity));
  return lines;
}

/// A Qwen3-MoE of one layer: 3 experts, hidden 4.
json moe_config(std::int64_t inner) {
  json config = phiscope::test::tiny_config();
  config.update({{"architectures", {"Qwen3MoeForCausalLM"}},
                 {"model_type", "qwen3_moe"},
                 {"head_dim", 2},
                 {"moe_intermediate_size", inner},
                 {"num_experts", 3},
                 {"num_experts_per_tok", 2}});
  return config;
}

/// Its tensors, one for each weight of an expert.
TinyTensors moe_tensors(const json& config) {
  const TempDir dir;
  phiscope::test::write_bytes(dir.path() / "config.json", config.dump());
  TinyTensors tensors;
  for (const TensorSpec& spec : expected_tensors(read_config(dir.path()))) {
    tensors.add(spec.name, spec.shape);
    // Distinct numbers all over.
    for (float& value : tensors.all[spec.name].values) {
      value += 64.0F * static_cast<float>(tensors.all.size());
    }
  }
  return tensors;
}

const std::string experts_name = "model.layers.0.mlp.experts.";

/// The same with the experts' weights in two stacks: rows of an expert one after another, or its
/// columns.
TinyTensors stacked(const TinyTensors& tensors, std::int64_t inner, bool transposed) {
  TinyTensors out;
  TinyTensors::Tensor gates;
  TinyTensors::Tensor down;
  const auto append = [&](TinyTensors::Tensor& stack, const std::string& name) {
    const std::vector<float>& values = tensors.all.at(name).values;
    stack.values.insert(stack.values.end(), values.begin(), values.end());
  };
  // Row r, column c of a stack [3, rows, columns] goes to [3, columns, rows].
  const auto exchange = [&](TinyTensors::Tensor& stack, std::size_t rows, std::size_t columns) {
    const std::vector<float> before = stack.values;
    for (std::size_t e = 0; e < 3; ++e) {
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < columns; ++c) {
          stack.values[(e * columns + c) * rows + r] = before[(e * rows + r) * columns + c];
        }
      }
    }
  };
  for (const char* expert : {"0", "1", "2"}) {
    append(gates, experts_name + expert + ".gate_proj.weight");
    append(gates, experts_name + expert + ".up_proj.weight");
    append(down, experts_name + expert + ".down_proj.weight");
  }
  gates.shape = {3, 2 * inner, 4};
  down.shape = {3, 4, inner};
  if (transposed) {
    const auto width = static_cast<std::size_t>(inner);
    exchange(gates, 2 * width, 4);
    exchange(down, 4, width);
    std::swap(gates.shape[1], gates.shape[2]);
    std::swap(down.shape[1], down.shape[2]);
  }
  for (const auto& [name, tensor] : tensors.all) {
    if (!name.starts_with(experts_name)) out.all[name] = tensor;
  }
  out.all[experts_name + "gate_up_proj"] = gates;
  out.all[experts_name + "down_proj"] = down;
  return out;
}

/// The weight [rows, columns] inside a slice, element by element.
std::vector<float> part_of(const TensorView& slice, const StackedPart& part) {
  const std::vector<float> all = numbers(slice);
  const auto rows = static_cast<std::size_t>(slice.shape[part.transposed ? 1 : 0] / part.blocks);
  const auto columns = static_cast<std::size_t>(slice.shape[part.transposed ? 0 : 1]);
  const std::size_t first = static_cast<std::size_t>(part.block) * rows;
  std::vector<float> out;
  out.reserve(rows * columns);
  for (std::size_t r = first; r < first + rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      out.push_back(part.transposed ? all[c * rows * static_cast<std::size_t>(part.blocks) + r]
                                    : all[r * columns + c]);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("any one prefix is found by the embedding", "[tensor_layout]") {
  struct Names {
    std::string body;
    std::string head;
    bool usual;
  };
  const std::vector<Names> all{{"model.", "lm_head.weight", true},
                               {"", "lm_head.weight", false},
                               {"language_model.model.", "language_model.lm_head.weight", false},
                               {"module.model.", "module.lm_head.weight", false},
                               {"model.language_model.", "lm_head.weight", false}};
  for (const Names& names : all) {
    CAPTURE(names.body);
    const TempDir dir;
    write_model(dir.path(), phiscope::test::tiny_config(), renamed([&](const std::string& usual) {
                  return usual == "lm_head.weight" ? names.head : names.body + usual.substr(6);
                }));
    const Weights weights = Weights::open(dir.path());
    const MatchedTensors matched = match_tensors(read_config(dir.path()), weights);
    for (const auto& [name, tensor] : phiscope::test::tiny_tensors().all) {
      CHECK(numbers(matched.tensors.at(name)) == tensor.values);
    }
    std::vector<std::string> expected;
    if (!names.usual) {
      expected.push_back("model.safetensors: the prefix of the tensors is '" + names.body +
                         "': layout, usual is 'model.'");
    }
    CHECK(layout_texts(matched) == expected);
  }
}

TEST_CASE("two tensors that could be the embedding are refused", "[tensor_layout]") {
  TinyTensors tensors = renamed([](const std::string& name) { return "a." + name; });
  tensors.all["b.embed_tokens.weight"] = tensors.all.at("a.model.embed_tokens.weight");
  CHECK_THAT(said_to_tensors(phiscope::test::tiny_config(), tensors),
             Contains("'a.model.embed_tokens.weight' or 'b.embed_tokens.weight'") &&
                 Contains("expected one tensor named 'model.embed_tokens.weight'"));
  // With the usual one there is no doubt, and the other is too much.
  tensors = phiscope::test::tiny_tensors();
  tensors.all["b.embed_tokens.weight"] = tensors.all.at("model.embed_tokens.weight");
  CHECK_THAT(said_to_tensors(phiscope::test::tiny_config(), tensors),
             Contains("'b.embed_tokens.weight' [10, 4] is surplus"));
}

TEST_CASE("a tensor under another prefix than the embedding's is named", "[tensor_layout]") {
  const TinyTensors tensors = renamed([](const std::string& name) {
    return name == "model.norm.weight" ? std::string("norm.weight") : name;
  });
  CHECK_THAT(said_to_tensors(phiscope::test::tiny_config(), tensors),
             Contains("tensor 'model.norm.weight' is missing, expected [4] by config.json; the "
                      "files have 'norm.weight', with the prefix ''"));
}

TEST_CASE("stacked experts are the experts, in both orders", "[tensor_layout]") {
  // With 2 the stack of gates is square: the other one tells the order.
  const std::int64_t inner = GENERATE(3, 2, 4, 8);
  const bool transposed = GENERATE(false, true);
  CAPTURE(inner, transposed);
  const json config = moe_config(inner);
  const TinyTensors one_by_one = moe_tensors(config);
  const TempDir dir;
  write_model(dir.path(), config, stacked(one_by_one, inner, transposed));
  const Weights weights = Weights::open(dir.path());
  const ModelConfig read = read_config(dir.path());
  if (inner == 4 && transposed) {
    // down is square, gates is not.
    CHECK(match_tensors(read, weights).stacked.begin()->second.transposed);
  }
  const MatchedTensors matched = match_tensors(read, weights);
  CHECK(matched.stacked.size() == 9);
  for (const auto& [name, tensor] : one_by_one.all) {
    CAPTURE(name);
    const TensorView& view = matched.tensors.at(name);
    const auto part = matched.stacked.find(name);
    CHECK((part == matched.stacked.end()) == !name.starts_with(experts_name));
    CHECK((part == matched.stacked.end() ? numbers(view) : part_of(view, part->second)) ==
          tensor.values);
  }
  CHECK(layout_texts(matched) ==
        std::vector<std::string>{
            std::string("model.safetensors: the order of the experts' weights is ") +
            (transposed ? "[expert, in, out]" : "[expert, out, in]") +
            ": layout, one stack for all experts, gate and up in one"});
  CHECK(said_to_tensors(config, stacked(one_by_one, inner, transposed)) == "accepted");
}

TEST_CASE("stacks of wrong shapes, beside single experts or with a NaN are refused",
          "[tensor_layout]") {
  const json config = moe_config(3);
  const TinyTensors one_by_one = moe_tensors(config);
  TinyTensors mixed = stacked(one_by_one, 3, false);
  mixed.all[experts_name + "down_proj"].shape = {3, 3, 4};
  CHECK_THAT(said_to_tensors(config, mixed),
             Contains("down_proj' has shape [3, 3, 4], expected [3, 4, 3], or [3, 3, 4] where"));
  TinyTensors wrong = stacked(one_by_one, 3, false);
  wrong.all[experts_name + "gate_up_proj"].shape = {2, 9, 4};
  CHECK_THAT(said_to_tensors(config, wrong),
             Contains("gate_up_proj' has shape [2, 9, 4], expected [3, 6, 4], or [3, 4, 6]"));
  TinyTensors both = stacked(one_by_one, 3, false);
  both.all.insert(one_by_one.all.begin(), one_by_one.all.end());
  CHECK_THAT(said_to_tensors(config, both), Contains("down_proj' [3, 4, 3] is surplus"));
  for (const std::size_t place : {std::size_t{5}, std::size_t{6 * 4 + 13}, std::size_t{71}}) {
    TinyTensors nan = stacked(one_by_one, 3, false);
    nan.all[experts_name + "gate_up_proj"].values[place] = std::numeric_limits<float>::quiet_NaN();
    const std::string where = "[" + std::to_string(place / 24) + ", " +
                              std::to_string(place % 24 / 4) + ", " + std::to_string(place % 4);
    CHECK_THAT(said_to_tensors(config, nan),
               Contains("gate_up_proj' holds a NaN or an infinity at " + where + "]"));
  }
}
