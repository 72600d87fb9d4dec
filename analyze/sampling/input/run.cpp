// SPDX-License-Identifier: MIT
#include "sampling/input/run.hpp"

#include "shard/file/format_error.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace phiscope::analyze::sampling {
namespace {

using shard::JsonObject;
using Json = nlohmann::ordered_json;

Step named_step(const JsonObject& plan) {
  const std::string name = plan.text("step");
  for (const Step step : all_steps) {
    if (step_name(step) == name) return step;
  }
  plan.refuse("step", "variance, manifold, sensitivity, attribution or clustering");
}

std::string read_problem_id(const JsonObject& problem) {
  const Json& id = problem.member("problem_id");
  if (!id.is_string() && !id.is_number_integer()) {
    problem.refuse("problem_id", "an integer or a text");
  }
  return id_text(id);
}

/// Answers are texts; a number is read as it is written.
std::string read_answer(const JsonObject& problem) {
  if (!problem.has("answer") || problem.member("answer").is_null()) return {};
  const Json& answer = problem.member("answer");
  if (!answer.is_string() && !answer.is_number()) problem.refuse("answer", "a text or a number");
  return id_text(answer);
}

void read_problems(const JsonObject& plan, RunInfo& info) {
  std::set<std::string> ids;
  const auto problems = plan.objects("problems");
  info.problems.reserve(problems.size());
  for (const JsonObject& each : problems) {
    Problem problem{.id = read_problem_id(each), .answer = read_answer(each)};
    if (each.has("positions")) problem.positions = each.count("positions");
    if (!ids.insert(problem.id).second) {
      each.refuse("problem_id", "an id that no other problem has");
    }
    info.problems.push_back(std::move(problem));
  }
  if (!plan.has("dropped")) return;
  const auto dropped = plan.objects("dropped");
  info.dropped.reserve(dropped.size());
  for (const JsonObject& each : dropped) {
    info.dropped.push_back({.id = read_problem_id(each), .status = each.text("status")});
  }
}

/// Questions, from the prompts whose id is that of a problem.
void add_questions(const shard::Run& run, RunInfo& info) {
  std::map<std::string, std::string> questions;
  for (const auto& prompt : run.prompts()) {
    if (!prompt.contains("id") || !prompt.contains("text") || !prompt.at("text").is_string())
      continue;
    questions[id_text(Json(prompt.at("id")))] = prompt.at("text").get<std::string>();
  }
  for (Problem& problem : info.problems) {
    const auto found = questions.find(problem.id);
    if (found != questions.end()) problem.question = found->second;
  }
}

std::int64_t layer_member(const JsonObject& plan, const char* name) {
  constexpr std::uint64_t most = 1'000'000;
  const std::uint64_t layer = plan.count(name);
  if (layer > most) plan.refuse(name, "an integer from 0 to 1000000");
  return static_cast<std::int64_t>(layer);
}

std::string said_dtype(const Json& details) {
  if (!details.contains("numerics") || !details.at("numerics").is_object()) return {};
  const Json& numerics = details.at("numerics");
  return numerics.contains("dtype") && numerics.at("dtype").is_string()
             ? numerics.at("dtype").get<std::string>()
             : std::string();
}

}  // namespace

std::string_view step_name(Step step) noexcept {
  constexpr std::array<std::string_view, 5> names = {"variance", "manifold", "sensitivity",
                                                     "attribution", "clustering"};
  return names[static_cast<std::size_t>(step)];
}

std::string id_text(const Json& id) {
  return id.is_string() ? id.get<std::string>() : id.dump();
}

std::size_t RunInfo::target() const {
  const auto found = std::find(layers.begin(), layers.end(), target_layer);
  return found == layers.end() ? layers.size() - 1
                               : static_cast<std::size_t>(found - layers.begin());
}

Step step_of(const shard::Run& run) {
  const std::filesystem::path file = run.path() / "plan.json";
  if (run.plan().experiment != "sampling") {
    throw shard::FormatError(file,
                             "experiment is '" + run.plan().experiment + "', expected 'sampling'");
  }
  return named_step(JsonObject(run.plan().details, "", file));
}

void require_window(const RunInfo& info) {
  if (info.pooling_window > 0) return;
  JsonObject(info.details, "", info.path / "plan.json")
      .refuse("pooling_window", "an integer from 1 where rows are single tokens");
}

RunInfo run_info(const shard::Run& run) {
  const std::filesystem::path file = run.path() / "plan.json";
  RunInfo info;
  info.path = run.path();
  info.name =
      (std::filesystem::absolute(run.path()) / "").lexically_normal().parent_path().filename();
  info.details = run.plan().details;
  info.complete = run.complete();
  info.missing = run.missing();
  info.step = step_of(run);
  const JsonObject plan(info.details, "", file);
  read_problems(plan, info);
  add_questions(run, info);
  info.layers = plan.integers("layers");
  require_ascending(plan, "layers", info.layers);
  if (plan.has("model_layers")) info.model_layers = layer_member(plan, "model_layers");
  info.target_layer =
      plan.has("target_layer") ? layer_member(plan, "target_layer") : info.layers.back();
  if (plan.has("stride")) info.stride = plan.count("stride");
  if (info.stride == 0) plan.refuse("stride", "an integer from 1");
  if (plan.has("pooling_window")) info.pooling_window = plan.count("pooling_window");
  if (plan.has("clusters")) info.clusters = plan.count("clusters");
  if (info.clusters > 1000) plan.refuse("clusters", "an integer from 0 to 1000");
  if (plan.has("max_new_tokens")) info.max_new_tokens = plan.count("max_new_tokens");
  info.dtype = said_dtype(info.details);
  return info;
}

}  // namespace phiscope::analyze::sampling
