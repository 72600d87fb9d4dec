// SPDX-License-Identifier: MIT
// Every subcommand on an emulated GPU against the CPU, as tools/device_runs.py has it for a real
// one.
#include "catch.hpp"
#include "emulated.hpp"
#include "shard/npy/npy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace phiscope::test;
namespace shard = phiscope::shard;

namespace {

/// Of the same dtype on the CPU, relative to the largest number, at least 1.
const std::map<std::string, double> tolerances{
    {"float32", 1e-4}, {"float16", 0.01}, {"bfloat16", 0.08}};

using Arrays = std::map<std::string, std::filesystem::path>;

Arrays arrays_of(const std::filesystem::path& run) {
  Arrays found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    if (entry.path().extension() != ".npy") continue;
    found[entry.path().lexically_relative(run).string()] = entry.path();
  }
  return found;
}

/// bfloat16 is stored as its bits.
std::vector<double> numbers(const shard::NpyFile& file, bool bits) {
  std::vector<double> found = file.read<double>();
  if (!bits || file.header().dtype != shard::Dtype::u2) return found;
  for (double& x : found) {
    x = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16U));
  }
  return found;
}

/// The largest difference relative to max(1, largest number); infinity for arrays of other shapes,
/// other integers, or not-a-number on one side.
double difference(const std::filesystem::path& found, const std::filesystem::path& wanted,
                  bool bits) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const shard::NpyFile mine(found);
  const shard::NpyFile theirs(wanted);
  if (mine.shape() != theirs.shape() || mine.header().dtype != theirs.header().dtype) {
    return infinite;
  }
  const std::vector<double> a = numbers(mine, bits);
  const std::vector<double> b = numbers(theirs, bits);
  const bool exact = !shard::is_floating(mine.header().dtype) && a == numbers(mine, false);
  if (exact && a != b) return infinite;
  double scale = 1.0;
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) != std::isnan(b[i])) return infinite;
    if (std::isnan(a[i])) continue;
    scale = std::max(scale, std::abs(b[i]));
    worst = std::max(worst, std::abs(a[i] - b[i]));
  }
  return worst / scale;
}

/// Both runs of a subcommand have the same arrays. @return counts of the emulated one
Counts compare(const Emulated& emulated, const std::string& name, const std::string& flags,
               const std::string& device, const std::string& dtype = "float32") {
  INFO(name << ", " << dtype);
  const std::string all = flags + " --dtype " + dtype;
  emulated.run(name + ".cpu", all, "cpu");
  Counts counts = emulated.run(name + ".gpu", all, device);
  CHECK(counts.at("violation") == 0);
  CHECK(counts.at("launch") > 0);
  // The other device is left alone.
  CHECK(counts.at(device == "cuda:1" ? "peak_bytes:0" : "peak_bytes:1") == 0);
  const Arrays wanted = arrays_of(emulated.folder() / (name + ".cpu"));
  const Arrays found = arrays_of(emulated.folder() / (name + ".gpu"));
  CHECK(found.size() == wanted.size());
  CHECK_FALSE(wanted.empty());
  for (const auto& [array, path] : wanted) {
    CAPTURE(array);
    CHECK(difference(found.at(array), path, dtype == "bfloat16") <= tolerances.at(dtype));
  }
  return counts;
}

std::string words(const Emulated& emulated) {
  return " --model datasets/models/words --prompts '" +
         (emulated.folder() / "prompts.jsonl").string() + "' ";
}

}  // namespace

TEST_CASE("activations on an emulated GPU are the CPU's", "[subcommands]") {
  const Emulated emulated;
  const std::string hooks =
      "--capture hook_embed,hook_resid_pre,hook_resid_mid,hook_resid_post,hook_attn_out,"
      "hook_mlp_out,hook_z,head_norm,hook_q,hook_k,hook_v,hook_pattern,mlp.hook_pre,mlp.hook_post,"
      "ln_final.hook_out,logits";
  for (const std::string dtype : {"float32", "bfloat16", "float16"}) {
    compare(emulated, "activations-" + dtype, "activations" + words(emulated) + hooks, "cuda:0",
            dtype);
  }
  compare(emulated, "pooled",
          "activations" + words(emulated) +
              "--generate 12 --positions pooled --stride 3 --checkpoints 6,9 --capture "
              "hook_resid_post --ignore-eos",
          "cuda:1");
  compare(emulated, "drawn",
          "activations" + words(emulated) +
              "--generate 8 --samples 3 --temperature 0.8 --top-p 0.9 --positions all --capture "
              "head_norm",
          "cuda:0");
}

TEST_CASE("phiid and ablate on an emulated GPU are the CPU's", "[subcommands]") {
  const Emulated emulated;
  compare(emulated, "phiid",
          "phiid" + words(emulated) + "--generate 8 --batch-size 4 --prompts-per-shard 4",
          "cuda:1");
  const std::string texts = "ablate --model datasets/models/words --texts '" +
                            (emulated.folder() / "phiid.cpu").string() + "' ";
  compare(emulated, "ablate", texts + "--orders random:0 --removals-per-shard 4", "cuda:0");
  compare(emulated, "alone", texts + "--heads-alone --dump-logits", "cuda:0");
}

TEST_CASE("loo on an emulated GPU is the CPU's", "[subcommands]") {
  const Emulated emulated;
  for (const std::string dtype : {"float32", "bfloat16"}) {
    compare(emulated, "loo-" + dtype,
            "loo --model datasets/models/walk --context-lengths 8,24 --n-trials 2 --positions all",
            "cuda:0", dtype);
  }
}

TEST_CASE("patching and steps on an emulated GPU are the CPU's", "[subcommands]") {
  const Emulated emulated;
  const std::string latent = " --model datasets/models/week --batch-size 16 --max-new-tokens 6 ";
  compare(emulated, "patching",
          "patching" + latent +
              "--pairs datasets/week/pairs.json --mode rerun,frozen --sets single,layer --limit 4",
          "cuda:0");
  compare(emulated, "steps",
          "steps" + latent + "--problems datasets/week/problems.jsonl --per-stratum 1", "cuda:1");
}

TEST_CASE("sampling on an emulated GPU is the CPU's", "[subcommands]") {
  const Emulated emulated;
  compare(emulated, "sampling",
          "sampling --model datasets/models/words --problems datasets/words/problems.jsonl "
          "--limit 2 --prompt-template datasets/words/prompt.txt --oracle "
          "datasets/words/problems.jsonl --solution-prefix '\n' --temperatures 0.5,1 --samples 2 "
          "--checkpoints 8 --stride 4 --max-new-tokens 12 --interval 8 --lookahead 4 "
          "--window-stride 4 --batch-size 16",
          "cuda:0");
}
