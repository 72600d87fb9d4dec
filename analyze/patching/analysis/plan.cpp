// SPDX-License-Identifier: MIT
#include "patching/analysis/plan.hpp"

#include "shard/file/format_error.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace phiscope::analyze::patching {
namespace {

using shard::FormatError;
using shard::JsonObject;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> reduced = {"kl", "reverse_kl",  "prediction_changed",
                                                     "l2", "token_score", "token_log_probability"};

void check_layout(const shard::RunPlan& plan, const std::filesystem::path& file,
                  Patching& patching) {
  if (plan.experiment != "patching") {
    throw FormatError(file, "experiment is '" + plan.experiment + "', expected 'patching'");
  }
  const auto space = std::find_if(plan.row_spaces.begin(), plan.row_spaces.end(),
                                  [](const auto& each) { return each.name == "site"; });
  const std::vector<std::string> key = {"pair", "mode", "set", "layer", "step", "readout"};
  const std::vector<std::string> with_head = {"pair", "mode", "set",    "layer",
                                              "head", "step", "readout"};
  if (space == plan.row_spaces.end() || (space->key != key && space->key != with_head)) {
    throw FormatError(file,
                      "row_spaces: expected 'site' with the key pair, mode, set, layer, (head,) "
                      "step, readout");
  }
  patching.has_heads = space->key == with_head;
  for (const std::string_view name : reduced) {
    const auto array = std::find_if(plan.arrays.begin(), plan.arrays.end(),
                                    [name](const auto& each) { return each.name == name; });
    if (array == plan.arrays.end() || array->row_space != "site" ||
        array->dtype != shard::Dtype::f8 || array->axes != std::vector<std::string>{"row"}) {
      throw FormatError(file, "array '" + std::string(name) +
                                  "': expected one with axis row, dtype <f8 and the row space "
                                  "'site'");
    }
  }
}

Side read_side(const JsonObject& side) {
  Side result;
  result.answer = side.member("answer");
  if (!result.answer.is_number() && !result.answer.is_string()) {
    side.refuse("answer", "a number or a text");
  }
  if (side.has("question")) result.question = side.text("question");
  if (side.has("steps") && !side.member("steps").is_null()) {
    const std::uint64_t steps = side.count("steps");
    if (steps > 1'000'000) side.refuse("steps", "an integer from 0 to 1000000, or null");
    result.steps = static_cast<std::int64_t>(steps);
  }
  result.tokens = side.integers("tokens");
  return result;
}

Json read_id(const JsonObject& pair) {
  const Json& id = pair.member("pair_id");
  const bool fits = id.is_number_integer() &&
                    !(id.is_number_unsigned() && id.get<std::uint64_t>() > 0x7FFFFFFFFFFFFFFFU);
  if (!fits && !id.is_string()) pair.refuse("pair_id", "an integer below 2^63 or a text");
  return id;
}

void read_pairs(const JsonObject& plan, const std::filesystem::path& file, Patching& patching) {
  std::set<Json> ids;
  const Json& pairs = plan.member("pairs");
  if (!pairs.is_array()) plan.refuse("pairs", "a list of pairs");
  patching.pairs.reserve(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::string where = "pairs[" + std::to_string(i) + "]";
    const JsonObject pair(pairs[i], where, file);
    if (!ids.insert(read_id(pair)).second) {
      pair.refuse("pair_id", "an id that no other pair has");
    }
    patching.pairs.push_back(
        {.id = read_id(pair),
         .sites = pair.has("sites") ? static_cast<std::int64_t>(pair.count("sites"))
                                    : patching.positions,
         .clean = read_side(JsonObject(pair.member("clean"), where + ".clean", file)),
         .corrupted = read_side(JsonObject(pair.member("corrupted"), where + ".corrupted", file))});
  }
  if (!plan.has("dropped")) return;
  // Not by id: the second pair of an id can be dropped, and the first one kept.
  for (const JsonObject& dropped : plan.objects("dropped")) {
    patching.dropped.push_back({.id = read_id(dropped), .status = dropped.text("status")});
  }
}

/// Questions that the plan leaves out, from prompts whose meta names pair and variant.
void add_questions(const shard::Run& run, Patching& patching) {
  for (const auto& prompt : run.prompts()) {
    if (!prompt.contains("meta") || !prompt.contains("text") || !prompt.at("text").is_string()) {
      continue;
    }
    const auto& meta = prompt.at("meta");
    if (!meta.contains("pair_id") || !meta.contains("variant")) continue;
    for (Pair& pair : patching.pairs) {
      if (Json(meta.at("pair_id")) != pair.id) continue;
      Side& side = meta.at("variant") == "clean" ? pair.clean : pair.corrupted;
      if (side.question.empty()) side.question = prompt.at("text").get<std::string>();
    }
  }
}

std::vector<std::string> distinct_names(const JsonObject& plan, const std::string& member) {
  std::vector<std::string> names = plan.texts(member);
  const std::set<std::string> distinct(names.begin(), names.end());
  if (names.empty() || distinct.size() != names.size()) {
    plan.refuse(member, "at least one name, each once");
  }
  return names;
}

void read_axes(const JsonObject& plan, Patching& patching) {
  patching.modes = distinct_names(plan, "modes");
  patching.sets = distinct_names(plan, "sets");
  for (const std::string& name : distinct_names(plan, "readouts")) {
    const auto readout = readout_named(name);
    if (!readout) {
      plan.refuse("readouts", "names of eot, eot:corrupted, clean:I, corrupted:I and greedy:I");
    }
    patching.readouts.push_back(*readout);
  }
  patching.layers = plan.integers("layers");
  const auto is_descent = [](std::int64_t a, std::int64_t b) { return a >= b; };
  if (patching.layers.empty() || patching.layers.front() < 0 ||
      std::adjacent_find(patching.layers.begin(), patching.layers.end(), is_descent) !=
          patching.layers.end()) {
    plan.refuse("layers", "ascending layers from 0 on");
  }
  constexpr std::uint64_t most = 1'000'000;
  const std::uint64_t positions = plan.count("positions");
  if (positions == 0 || positions > most) plan.refuse("positions", "an integer from 1 to 1000000");
  patching.positions = static_cast<std::int64_t>(positions);
}

/// Text of a member of a member of the plan, or nothing where either is absent.
std::string optional_text(const Json& details, const char* object, const char* name) {
  if (!details.contains(object) || !details.at(object).is_object()) return {};
  const Json& members = details.at(object);
  return members.contains(name) && members.at(name).is_string()
             ? members.at(name).get<std::string>()
             : std::string();
}

std::int64_t optional_count(const Json& details, const char* object, const char* name) {
  if (!details.contains(object) || !details.at(object).is_object()) return 0;
  const Json& members = details.at(object);
  const bool is_count = members.contains(name) && members.at(name).is_number_unsigned() &&
                        members.at(name).get<std::uint64_t>() <= 1'000'000'000;
  return is_count ? members.at(name).get<std::int64_t>() : 0;
}

/// "recovery", "answer_diff:prefix", ...: a measure that is tested, and perhaps a set.
void read_primary(const std::filesystem::path& file, Patching& patching) {
  if (!patching.details.contains("options")) return;
  const JsonObject options(patching.details.at("options"), "options", file);
  if (!options.has("primary")) return;
  const std::string primary = options.text("primary");
  const std::size_t colon = std::min(primary.find(':'), primary.size());
  const std::string measure = primary.substr(0, colon);
  const std::string set = primary.substr(std::min(colon + 1, primary.size()));
  const bool is_measure =
      measure == "recovery" || measure == "answer_diff" || measure == "answer_logit_diff";
  const bool is_set =
      colon == primary.size() ||
      std::find(patching.sets.begin(), patching.sets.end(), set) != patching.sets.end();
  if (!primary.empty() && (!is_measure || !is_set)) {
    options.refuse("primary",
                   "recovery, answer_diff or answer_logit_diff, perhaps with : and a set of this "
                   "run");
  }
  patching.primary = primary;
}

}  // namespace

Patching planned(const shard::Run& run) {
  const std::filesystem::path file = run.path() / "plan.json";
  Patching patching;
  patching.path = run.path();
  patching.name =
      (std::filesystem::absolute(run.path()) / "").lexically_normal().parent_path().filename();
  patching.details = run.plan().details;
  check_layout(run.plan(), file, patching);
  const JsonObject plan(patching.details, "", file);
  read_axes(plan, patching);
  read_pairs(plan, file, patching);
  add_questions(run, patching);
  if (plan.has("hook")) patching.hook = plan.text("hook");
  patching.donor = optional_text(patching.details, "options", "donor");
  patching.dtype = optional_text(patching.details, "numerics", "dtype");
  patching.model_layers = optional_count(patching.details, "model", "layers");
  patching.vocabulary =
      static_cast<std::size_t>(optional_count(patching.details, "model", "vocab"));
  read_primary(file, patching);
  return patching;
}

}  // namespace phiscope::analyze::patching
