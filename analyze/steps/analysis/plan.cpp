// SPDX-License-Identifier: MIT
#include "steps/analysis/plan.hpp"

#include "shard/file/format_error.hpp"
#include "shard/text/json_object.hpp"

#include <phiscope/problem_difficulty.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace phiscope::analyze::steps {
namespace {

using shard::FormatError;
using shard::JsonObject;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> reduced = {"kl", "reverse_kl", "prediction_changed",
                                                     "token_score", "token_log_probability"};
constexpr std::uint64_t most = 1'000'000;  // of any count that a plan may name

void check_layout(const shard::RunPlan& plan, const std::filesystem::path& file) {
  if (plan.experiment != "steps") {
    throw FormatError(file, "experiment is '" + plan.experiment + "', expected 'steps'");
  }
  const auto space = std::find_if(plan.row_spaces.begin(), plan.row_spaces.end(),
                                  [](const auto& each) { return each.name == "step_set"; });
  const std::vector<std::string> key = {"problem", "layer", "kind", "step", "readout"};
  if (space == plan.row_spaces.end() || space->key != key) {
    throw FormatError(file,
                      "row_spaces: expected 'step_set' with the key problem, layer, kind, step, "
                      "readout");
  }
  for (const std::string_view name : reduced) {
    const auto array = std::find_if(plan.arrays.begin(), plan.arrays.end(),
                                    [name](const auto& each) { return each.name == name; });
    if (array == plan.arrays.end() || array->row_space != "step_set" ||
        array->dtype != shard::Dtype::f8 || array->axes != std::vector<std::string>{"row"}) {
      throw FormatError(file, "array '" + std::string(name) +
                                  "': expected one with axis row, dtype <f8 and the row space "
                                  "'step_set'");
    }
  }
}

/// "16", "-1.5" or "3/4"; nothing for anything else.
std::optional<Rational> rational_in(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto top = parse_decimal(text.substr(0, slash));
  if (slash == text.size() || !top) return top;
  const auto bottom = parse_decimal(text.substr(slash + 1));
  return bottom ? quotient(*top, *bottom) : std::nullopt;
}

Json read_id(const JsonObject& object) {
  const Json& id = object.member("problem_id");
  if (!id.is_number_integer() && !id.is_string()) {
    object.refuse("problem_id", "an integer or a text");
  }
  return id;
}

std::optional<std::uint64_t> count_or_null(const JsonObject& object, const std::string& name) {
  if (!object.has(name) || object.member(name).is_null()) return std::nullopt;
  return object.count(name);
}

Problem read_problem(const JsonObject& object) {
  Problem problem{.id = read_id(object)};
  const std::string part = object.text("part");
  if (part != "sweep" && part != "validation") object.refuse("part", "sweep or validation");
  problem.part = part == "sweep" ? Part::sweep : Part::validation;
  if (const auto stratum = count_or_null(object, "stratum")) {
    if (*stratum < 2 || *stratum > 5) object.refuse("stratum", "an integer from 2 to 5, or null");
    problem.stratum = stratum_of(*stratum);
  }
  if (const auto steps = count_or_null(object, "steps")) {
    if (*steps > most) object.refuse("steps", "an integer from 0 to 1000000, or null");
    problem.steps = static_cast<std::int64_t>(*steps);
  }
  problem.gold_text = object.text("gold");
  const auto gold = rational_in(problem.gold_text);
  if (!gold) object.refuse("gold", R"(a number or a fraction, such as "16" or "3/4")");
  problem.gold = *gold;
  problem.tokens = object.integers("tokens");
  return problem;
}

void read_problems(const JsonObject& plan, Steps& steps) {
  std::set<std::string> ids;
  const auto objects = plan.objects("problems");
  steps.problems.reserve(objects.size());
  for (const JsonObject& object : objects) {
    steps.problems.push_back(read_problem(object));
    if (!ids.insert(steps.problems.back().id.dump()).second) {
      object.refuse("problem_id", "an id that no other problem has");
    }
  }
  if (!plan.has("dropped")) return;
  for (const JsonObject& dropped : plan.objects("dropped")) {
    steps.dropped.push_back({.id = id_text(read_id(dropped)), .status = dropped.text("status")});
  }
}

/// "2" to "5+", or "unknown".
std::string stratum_text(const Json& stratum) {
  if (stratum.is_null()) return "unknown";
  const bool is_known = stratum.is_number_unsigned() && stratum.get<std::uint64_t>() >= 2 &&
                        stratum.get<std::uint64_t>() <= 5;
  if (!is_known) return id_text(stratum);
  return std::string(stratum_names[stratum_of(stratum.get<std::uint64_t>())]);
}

std::vector<StratumCount> read_strata(const JsonObject& plan) {
  std::vector<StratumCount> strata;
  if (!plan.has("strata")) return strata;
  for (const JsonObject& stratum : plan.objects("strata")) {
    strata.push_back({.stratum = stratum_text(stratum.member("stratum")),
                      .available = stratum.count("available"),
                      .sweep = stratum.count("sweep"),
                      .validation = stratum.count("validation")});
  }
  return strata;
}

bool read_flag(const JsonObject& plan, const std::string& name) {
  if (!plan.has(name)) return false;
  if (!plan.member(name).is_boolean()) plan.refuse(name, "true or false");
  return plan.member(name).get<bool>();
}

void read_axes(const JsonObject& plan, Steps& steps) {
  LaneAxes& axes = steps.axes;
  for (const std::string& name : plan.texts("kinds")) {
    const auto kind = kind_named(name);
    if (!kind || *kind == Kind::baseline || steps.has_kind(*kind)) {
      plan.refuse("kinds", "names of cumulative, single, leave-one, all and early-exit, each once");
    }
    axes.kinds.push_back(*kind);
  }
  if (axes.kinds.empty()) plan.refuse("kinds", "at least one name");
  axes.layers = plan.integers("layers");
  const auto is_descent = [](std::int64_t a, std::int64_t b) { return a >= b; };
  if (axes.layers.empty() || axes.layers.front() < 0 ||
      std::adjacent_find(axes.layers.begin(), axes.layers.end(), is_descent) != axes.layers.end()) {
    plan.refuse("layers", "ascending layers from 0 on");
  }
  const std::uint64_t latents = plan.count("latents");
  if (latents == 0 || latents > 1024) plan.refuse("latents", "an integer from 1 to 1024");
  axes.latents = static_cast<std::int64_t>(latents);
  axes.include_bot = read_flag(plan, "include_bot");
  steps.published = read_flag(plan, "published");
  steps.lanes = lanes_of(axes);
}

void read_readouts(const JsonObject& plan, Steps& steps) {
  steps.readouts = plan.texts("readouts");
  for (std::size_t i = 0; i < steps.readouts.size(); ++i) {
    if (steps.readouts[i] != (i == 0 ? "eot" : "answer:" + std::to_string(i - 1))) {
      plan.refuse("readouts", "eot, answer:0, answer:1, ... in this order");
    }
  }
  if (steps.readouts.empty()) plan.refuse("readouts", "at least eot");
  for (const Problem& problem : steps.problems) {
    if (problem.tokens.size() < steps.readouts.size()) continue;
    plan.refuse("readouts", "one for each scored token of problem " + id_text(problem.id));
  }
}

/// "needs_thought", "trend", or "importance" (of single), or of a kind of this run after a colon.
void read_primary(const std::filesystem::path& file, Steps& steps) {
  const Json& details = steps.sources.front().details;
  if (!details.contains("options")) return;
  const JsonObject options(details.at("options"), "options", file);
  if (!options.has("primary")) return;
  std::string primary = options.text("primary");
  if (primary == "importance") primary += ":single";
  bool is_known = primary.empty() || primary == "needs_thought" || primary == "trend";
  if (primary.starts_with("importance:")) {
    const auto kind = kind_named(std::string_view(primary).substr(11));
    is_known = kind && steps.has_kind(*kind);
  }
  if (!is_known) {
    options.refuse("primary",
                   "needs_thought, trend or importance, perhaps with : and a step set of this run");
  }
  steps.primary = primary;
}

/// Questions are in prompts.jsonl, one line for each problem of the plan, in its order.
void add_questions(const shard::Run& run, Steps& steps) {
  const auto& prompts = run.prompts();
  if (prompts.size() != steps.problems.size()) return;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    if (prompts[i].contains("text") && prompts[i].at("text").is_string()) {
      steps.problems[i].question = prompts[i].at("text").get<std::string>();
    }
  }
}

std::string optional_text(const JsonObject& object, const std::string& name) {
  return object.has(name) && object.member(name).is_string() ? object.text(name) : std::string();
}

}  // namespace

Steps planned(const shard::Run& run) {
  const std::filesystem::path file = run.path() / "plan.json";
  Steps steps;
  Source source{
      .path = run.path(),
      .name =
          (std::filesystem::absolute(run.path()) / "").lexically_normal().parent_path().filename(),
      .details = run.plan().details,
      .missing = run.missing()};
  check_layout(run.plan(), file);
  const JsonObject plan(run.plan().details, "", file);
  source.strata = read_strata(plan);
  steps.sources.push_back(std::move(source));
  read_axes(plan, steps);
  read_problems(plan, steps);
  read_readouts(plan, steps);
  add_questions(run, steps);
  steps.donor = optional_text(plan, "donor");
  if (plan.has("model_layers")) {
    const std::uint64_t layers = plan.count("model_layers");
    if (layers > most) plan.refuse("model_layers", "an integer from 0 to 1000000");
    steps.model_layers = static_cast<std::int64_t>(layers);
  }
  if (plan.has("numerics") && plan.member("numerics").is_object()) {
    steps.dtype = optional_text(JsonObject(plan.member("numerics"), "numerics", file), "dtype");
  }
  read_primary(file, steps);
  return steps;
}

}  // namespace phiscope::analyze::steps
