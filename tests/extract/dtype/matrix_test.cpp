// SPDX-License-Identifier: MIT
// Every subcommand that runs a model, in every dtype, on the shipped models.
#include "extract/sampling/sampling_folder.hpp"

#include <bit>
#include <cmath>
#include <functional>

using namespace phiscope::test;
using phiscope::shard::ArrayPlan;
using phiscope::shard::Dtype;
using RunDirectory = phiscope::shard::Run;

namespace {

/// Numbers of an array's part; bfloat16 from its bits.
std::vector<double> numbers_of(const RunDirectory& run, const ArrayPlan& array,
                               std::int64_t shard) {
  std::vector<double> values = run.array(array.name, shard).read<double>();
  if (array.encoding != "bf16") return values;
  for (double& value : values) {
    value = std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16U);
  }
  return values;
}

StoredRows rows_of(const RunDirectory& run, const ArrayPlan& array) {
  StoredRows rows;
  for (const std::int64_t shard : run.shards()) {
    const auto values = numbers_of(run, array, shard);
    const auto file = run.keys(array.row_space, shard);
    const auto keys = file.read<std::int64_t>();
    const std::size_t count = file.shape().at(0);
    const auto part = [&](const auto& all, std::size_t i) {
      const auto width = static_cast<std::ptrdiff_t>(all.size() / count);
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(i) * width;
      return std::vector(from, from + width);
    };
    for (std::size_t i = 0; i < count; ++i) rows.emplace(part(keys, i), part(values, i));
  }
  return rows;
}

/// Largest difference in units of 1 or the largest value; infinite where rows differ in number.
double apart(const StoredRows& found, const StoredRows& wanted) {
  double scale = 1.0;
  double worst = found.size() == wanted.size() ? 0.0 : INFINITY;
  for (const auto& [key, values] : wanted) {
    const auto other = found.find(key);
    if (other == found.end() || other->second.size() != values.size()) return INFINITY;
    for (std::size_t i = 0; i < values.size(); ++i) {
      scale = std::max(scale, std::abs(values[i]));
      worst = std::max(worst, std::abs(values[i] - other->second[i]));
    }
  }
  return worst / scale;
}

struct Stored {
  Dtype dtype;
  std::string encoding;
};

/// How values of the model's dtype are stored.
Stored plain(const std::string& dtype) {
  if (dtype == "bfloat16") return {Dtype::u2, "bf16"};
  return {dtype == "float16" ? Dtype::f2 : Dtype::f4, ""};
}

/// A subcommand, without --dtype and --out, and what it stores in the model's dtype; of the other
/// arrays the dtype is that of a run in float32.
struct Command {
  std::string arguments;
  std::vector<std::string> plain;
  std::vector<std::string> jumping{};  ///< which a near tie changes
};

/// Runs a subcommand in a dtype. @return  the run's folder
std::filesystem::path run_of(const Command& command, const std::string& dtype,
                             const std::filesystem::path& folder, const std::string& step = "") {
  const std::filesystem::path out = folder / (dtype + "-run");
  const Finished done =
      extract(command.arguments + " --dtype " + dtype + " --out '" + out.string() + "'", folder);
  CAPTURE(command.arguments, dtype, done.err);
  REQUIRE(done.status == 0);
  const Finished verified = extract("verify '" + (out / step).string() + "'", folder);
  CAPTURE(verified.err);
  CHECK(verified.status == 0);
  return out / step;
}

/// The matrix' row of a subcommand. @param step  folder in the run directory
void check(const Command& command, const std::filesystem::path& folder,
           const std::string& step = "") {
  const auto wide = RunDirectory::open(run_of(command, "float32", folder, step));
  for (const auto& [dtype, tolerance] : {std::pair{"bfloat16", 0.15}, std::pair{"float16", 0.01}}) {
    const auto run = RunDirectory::open(run_of(command, dtype, folder, step));
    REQUIRE(run.plan().arrays.size() == wide.plan().arrays.size());
    for (std::size_t a = 0; a < wide.plan().arrays.size(); ++a) {
      const ArrayPlan& array = run.plan().arrays[a];
      const ArrayPlan& other = wide.plan().arrays[a];
      CAPTURE(dtype, array.name);
      REQUIRE(array.name == other.name);
      CHECK(array.row_shape == other.row_shape);
      const bool is_plain = std::ranges::count(command.plain, array.name) > 0;
      const Stored stored = is_plain ? plain(dtype) : Stored{other.dtype, other.encoding};
      CHECK(array.dtype == stored.dtype);
      CHECK(array.encoding == stored.encoding);
      if (std::ranges::count(command.jumping, array.name) > 0) continue;
      const double difference = apart(rows_of(run, array), rows_of(wide, other));
      CHECK(difference <= tolerance);
    }
  }
}

std::string model(const char* name) {
  return " --model '" + (source_dir() / "datasets/models" / name).string() + "'";
}

/// The first entries of a file of `datasets/week`, lines or a list, as a file of their own.
std::filesystem::path first_entries(const std::filesystem::path& folder, const char* name,
                                    int count) {
  const std::string text = read_text(source_dir() / "datasets/week" / name);
  nlohmann::json all = nlohmann::json::array();
  if (text.starts_with("[")) {
    for (const auto& entry : nlohmann::json::parse(text)) all.push_back(entry);
  } else {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
  }
  const nlohmann::json first(all.begin(), all.begin() + count);
  write_text(folder / "entries.json", first.dump());
  return folder / "entries.json";
}

const std::string two_prompts =
    "{\"input_ids\": [1, 10, 11, 12, 30, 31]}\n{\"input_ids\": [1, 20, 21]}\n";

}  // namespace

TEST_CASE("activations in every dtype", "[matrix]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl", two_prompts);
  const std::vector<std::string> hooks{"hook_embed",      "hook_resid_pre",    "hook_resid_mid",
                                       "hook_resid_post", "hook_attn_out",     "hook_mlp_out",
                                       "hook_z",          "ln_final.hook_out", "logits"};
  std::string list = "head_norm";
  for (const std::string& hook : hooks) list.append(",").append(hook);
  check({.arguments = "activations" + model("walk") + " --prompts '" +
                      (dir.path() / "p.jsonl").string() + "' --capture " + list,
         .plain = hooks},
        dir.path());
}

TEST_CASE("activations are rounded to a format of fewer bytes", "[matrix]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl", two_prompts);
  const std::string plain_run =
      "activations" + model("walk") + " --prompts '" + (dir.path() / "p.jsonl").string() +
      "' --capture head_norm,hook_resid_post,hook_z,logits --generate 2 --ignore-eos";
  const auto run_in = [&](const std::string& dtypes, const std::string& name) {
    const std::filesystem::path out = dir.path() / name;
    const Finished done =
        extract(plain_run + " " + dtypes + " --out '" + out.string() + "'", dir.path());
    CAPTURE(dtypes, done.err);
    REQUIRE(done.status == 0);
    REQUIRE(extract("verify '" + out.string() + "'", dir.path()).status == 0);
    return RunDirectory::open(out);
  };
  struct Format {
    const char* name;
    int bits;   ///< of a mantissa, with the leading one
    int least;  ///< exponent of the smallest normal number
  };
  for (const std::string compute : {"float32", "float64"}) {
    const RunDirectory wide = run_in("--dtype " + compute, compute);
    for (const Format& format : {Format{"bfloat16", 8, -126}, Format{"float16", 11, -14}}) {
      const RunDirectory run =
          run_in("--dtype " + compute + " --dtype-store " + format.name, compute + format.name);
      CHECK(run.plan().details.at("options").at("dtype_store") == format.name);
      for (const ArrayPlan& array : run.plan().arrays) {
        CAPTURE(compute, format.name, array.name);
        const auto& other = *std::ranges::find(wide.plan().arrays, array.name, &ArrayPlan::name);
        const StoredRows found = rows_of(run, array);
        const StoredRows wanted = rows_of(wide, other);
        REQUIRE(found.size() == wanted.size());
        if (array.name == "head_norm" || array.name.starts_with("generated")) {
          CHECK(array.dtype == other.dtype);
          CHECK(found == wanted);
          continue;
        }
        CHECK(array.dtype == plain(format.name).dtype);
        CHECK(array.encoding == plain(format.name).encoding);
        std::size_t far = 0;
        std::size_t changed = 0;
        for (const auto& [key, values] : wanted) {
          const std::vector<double>& rounded = found.at(key);
          for (std::size_t i = 0; i < values.size(); ++i) {
            const int exponent = std::max(std::ilogb(values[i]), format.least);
            const double spacing = std::ldexp(1.0, exponent - format.bits + 1);
            far += std::abs(rounded[i] - values[i]) <= spacing / 2 ? 0U : 1U;
            changed += rounded[i] == values[i] ? 0U : 1U;
          }
        }
        CHECK(far == 0);
        CHECK(changed > 0);
      }
    }
  }
  const auto refused = [&](const std::string& flags) {
    const Finished done = extract(
        plain_run + " " + flags + " --out '" + (dir.path() / "refused").string() + "'", dir.path());
    CHECK(done.status == 1);
    CHECK_FALSE(std::filesystem::exists(dir.path() / "refused/manifest.json"));
    return done.err;
  };
  CHECK_THAT(refused("--dtype bfloat16 --dtype-store float16"),
             Contains("--dtype-store: found float16, expected a format of fewer bytes than --dtype "
                      "bfloat16"));
  CHECK_THAT(refused("--dtype-store float32"), Contains("--dtype-store: found float32"));
  write_text(dir.path() / "i.json",
             R"([{"prompt": "*", "action": "add", "hook": "hook_resid_post", "layer": 1, )"
             R"("positions": [0], "scale": 1e6, "source": {"prompt": 0, "positions": [1]}}])");
  CHECK_THAT(
      refused("--dtype-store float16 --interventions '" + (dir.path() / "i.json").string() + "'"),
      Contains("array 'hook_resid_post' is not finite in row ") &&
          Contains("float16 ends at 65504"));
}

TEST_CASE("pooled activations in every dtype", "[matrix]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl", two_prompts);
  // The first token of a continuation is no near tie here.
  check({.arguments = "activations" + model("walk") + " --prompts '" +
                      (dir.path() / "p.jsonl").string() +
                      "' --capture hook_resid_post --positions pooled --stride 1 --checkpoints 1 "
                      "--generate 1 --ignore-eos",
         .plain = {}},
        dir.path());
}

TEST_CASE("loo in every dtype", "[matrix]") {
  for (const char* lengths : {"8", "24", "5,11"}) {
    const TempDir dir;
    check({.arguments = "loo" + model("walk") + " --n-trials 2 --context-lengths " + lengths,
           .plain = {}},
          dir.path());
  }
}

TEST_CASE("phiid in every dtype", "[matrix]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl", two_prompts);
  check({.arguments = "phiid" + model("walk") + " --generate 1 --ignore-eos --prompts '" +
                      (dir.path() / "p.jsonl").string() + "'",
         .plain = {}},
        dir.path());
}

TEST_CASE("ablate in every dtype", "[matrix]") {
  const TempDir dir;
  write_text(dir.path() / "p.jsonl", two_prompts);
  REQUIRE(extract("phiid" + model("walk") + " --generate 6 --ignore-eos --prompts '" +
                      (dir.path() / "p.jsonl").string() + "' --out '" +
                      (dir.path() / "texts").string() + "'",
                  dir.path())
              .status == 0);
  for (const char* replacement : {"zero", "mean", "resample"}) {
    CAPTURE(replacement);
    std::filesystem::remove_all(dir.path() / "float32-run");
    std::filesystem::remove_all(dir.path() / "bfloat16-run");
    std::filesystem::remove_all(dir.path() / "float16-run");
    check({.arguments = "ablate" + model("walk") + " --texts '" + (dir.path() / "texts").string() +
                        "' --orders random:0-1 --step-size 2 --remove " + replacement,
           .plain = {},
           .jumping = {"prediction_changed"}},
          dir.path());
  }
}

TEST_CASE("patching in every dtype", "[matrix]") {
  const TempDir dir;
  const auto pairs = first_entries(dir.path(), "pairs.json", 2);
  check({.arguments = "patching" + model("week") + " --pairs '" + pairs.string() +
                      "' --sets single --readouts eot,answer",
         .plain = {"clean_latents"},
         .jumping = {"prediction_changed"}},
        dir.path());
}

TEST_CASE("steps in every dtype", "[matrix]") {
  const TempDir dir;
  const auto problems = first_entries(dir.path(), "problems.jsonl", 2);
  // What is said after a changed thought is as good as drawn.
  check({.arguments = "steps" + model("week") + " --problems '" + problems.string() +
                      "' --sets single,all --max-new-tokens 3",
         .plain = {"clean_latents"},
         .jumping = {"prediction_changed", "generated_ids", "generated_logprob"}},
        dir.path());
}

TEST_CASE("sampling in every dtype", "[matrix]") {
  const SamplingFolder folder(1);
  const PatchingRun drawn = folder.run("drawn", "variance", "--temperatures 0.8");
  std::string lines;
  for (const auto& [key, ids] : generated_of(drawn)) {
    lines += nlohmann::json{
        {"problem", "words-000"},
        {"temperature", 0.8},
        {"sample", key[2]},
        {"continuation_ids",
         ids}}.dump();
    lines += "\n";
  }
  write_text(folder.path() / "texts.jsonl", lines);
  std::string call = folder.call(
      "x", "--steps variance --texts '" + (folder.path() / "texts.jsonl").string() + "'");
  const std::string out = " --out '" + (folder.path() / "x").string() + "'";
  call.replace(call.find(out), out.size(), "");
  check({.arguments = call, .plain = {}}, folder.path(), "variance");
}
