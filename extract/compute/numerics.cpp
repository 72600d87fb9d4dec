// SPDX-License-Identifier: MIT
#include "compute/numerics.hpp"

#include "model/cpu/matrix_products.hpp"
#include "model/cpu/wide_product.hpp"
#include "model/device/device.hpp"
#include "model/scalar_type.hpp"
#include "run/execute.hpp"
#include "shard/file/format_error.hpp"
#include "shard/text/json_file.hpp"

#include <ATen/Version.h>
#include <c10/core/DeviceType.h>
#include <torch/version.h>

#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

/// cuBLAS chooses its kernels by the number of rows and has no mode that would not.
MatrixProducts products_on(c10::Device device) {
  if (!device.is_cpu()) {
    return {.name = "cuBLAS without TF32, sums in float32", .reproducible = false};
  }
  return matrix_products();
}

std::string attention_on(c10::Device device) {
  const std::string name = "scaled_dot_product_attention";
  return device.is_cpu() ? name : name + " without cuDNN, steps in a kernel";
}

/// numerics.instructions of the plan in a run directory.
std::optional<std::string> instructions_there(const std::filesystem::path& plan) {
  if (!std::filesystem::exists(plan)) return std::nullopt;
  const nlohmann::json whole = shard::read_json(plan);
  const auto found = whole.is_object() ? whole.find("numerics") : whole.end();
  if (found == whole.end() || !found->is_object() || !found->contains("instructions")) {
    return std::nullopt;
  }
  const auto& there = found->at("instructions");
  return there.is_string() ? std::optional(there.get<std::string>()) : std::nullopt;
}

}  // namespace

std::string libtorch_version() {
  // "... Build settings: BLAS_INFO=mkl, ..., TORCH_VERSION=2.11.0, ..."; older ones do not say.
  const std::string text = at::show_config();
  constexpr std::string_view key = "TORCH_VERSION=";
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return TORCH_VERSION;
  const std::size_t begin = at + key.size();
  return text.substr(begin, text.find_first_of(", \n", begin) - begin);
}

std::string instruction_set() {
  return at::get_cpu_capability();
}

std::string planned_instructions(const std::optional<std::string>& there, const std::string& here,
                                 bool mixed, const std::filesystem::path& plan) {
  if (mixed) return there.value_or("mixed");
  if (!there || *there == here) return here;
  throw shard::FormatError(
      plan, "numerics.instructions: found " + *there + ", expected " + here +
                ", what this CPU computes with: shards would differ in their last bits; take "
                "nodes of one kind, or --mixed-cpus to allow that");
}

ordered_json numerics(const RunOptions& options, const ModelConfig& config) {
  // Tasks of a run may be on different devices of one kind.
  const c10::Device device = parse_device(options.device);
  MatrixProducts products = products_on(device);
  const bool widened = device.is_cpu() && is_product_widened(scalar_type(options.dtype));
  if (widened) products.name += ", 16 bits in float32";
  ordered_json found{{"device", c10::DeviceTypeName(device.type(), /*lower_case=*/true)},
                     {"dtype", choice_name(compute_dtypes, options.dtype)},
                     {"attention", attention_on(device)},
                     {"matrix_products", products.name},
                     {"batch_size", options.batch_size},
                     {"batch_invariant", products.reproducible},
                     {"libtorch", libtorch_version()}};
  if (!device.is_cpu()) return found;
  const std::filesystem::path plan = options.out / "plan.json";
  found["instructions"] =
      planned_instructions(instructions_there(plan), instruction_set(), options.mixed_cpus, plan);
  // Else sums are divided among the threads.
  found["threads"] = products.reproducible ? ordered_json("any")
                                           : ordered_json(threads_for(options.threads, config));
  return found;
}

}  // namespace phiscope::extract
