// SPDX-License-Identifier: MIT
#include "sampling/attribution.hpp"

#include "files/json_fields.hpp"
#include "files/model/tensors.hpp"
#include "files/weights/weights.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "shard/npy/half.hpp"
#include "shard/npy/writer.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <span>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;
using shard::FormatError;

/// A number of a tensor's bytes.
template <class T>
T number_at(const TensorView& tensor, std::size_t index) {
  T value{};
  std::memcpy(&value, tensor.bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

double value_at(const TensorView& tensor, std::size_t index) {
  switch (tensor.dtype) {
    case TensorDtype::f16:
      return shard::half_to_float(number_at<std::uint16_t>(tensor, index));
    case TensorDtype::bf16:
      return std::bit_cast<float>(std::uint32_t{number_at<std::uint16_t>(tensor, index)} << 16U);
    case TensorDtype::f64:
      return number_at<double>(tensor, index);
    default:
      return number_at<float>(tensor, index);
  }
}

/// Row `row` of a matrix [row, hidden].
std::vector<double> row_of(const TensorView& matrix, int row, std::int64_t hidden) {
  std::vector<double> values(static_cast<std::size_t>(hidden));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = value_at(matrix, static_cast<std::size_t>(row) * values.size() + i);
  }
  return values;
}

/// The name of the tensor that holds a part alone; empty where the model has none.
std::string name_of_part(const ModelConfig& config, Part part) {
  for (const TensorSpec& spec : expected_tensors(config)) {
    if (spec.parts == std::vector{part}) return spec.name;
  }
  return "";
}

/// The bytes of an .npy file.
std::string npy_bytes(const std::vector<double>& values, const std::vector<std::uint64_t>& shape) {
  std::string bytes = shard::npy_header_bytes(shard::Dtype::f8, shape);
  const auto data = std::as_bytes(std::span(values));
  bytes.append(reinterpret_cast<const char*>(data.data()), data.size());
  return bytes;
}

/// What analysis needs of the model: per point the difference of both tokens' rows of the output
/// matrix, [point, unit], and of the final norm what it multiplies with and adds, [2, unit].
std::map<std::string, std::string> unembedding_files(const std::vector<BranchPoint>& points,
                                                     const CheckedModel& model) {
  const ModelConfig& config = model.config;
  const auto tensors = model_tensors(config, model.files->weights());
  const TensorView& head =
      tensors.at(name_of_part(config, config.tied ? Part::embedding : Part::head));
  const std::int64_t hidden = config.hidden;
  std::vector<double> directions;
  for (const BranchPoint& point : points) {
    const std::vector<double> first = row_of(head, point.top1, hidden);
    const std::vector<double> second = row_of(head, point.top2, hidden);
    for (std::size_t i = 0; i < first.size(); ++i) {
      directions.push_back((first[i] - second[i]) / config.logit_divisor);
    }
  }
  std::vector<double> norm = row_of(tensors.at(name_of_part(config, Part::final_norm)), 0, hidden);
  const std::string bias = name_of_part(config, Part::final_norm_bias);
  const std::vector<double> added = bias.empty()
                                        ? std::vector<double>(static_cast<std::size_t>(hidden), 0.0)
                                        : row_of(tensors.at(bias), 0, hidden);
  norm.insert(norm.end(), added.begin(), added.end());
  const auto units = static_cast<std::uint64_t>(hidden);
  model.files->check_unchanged();
  return {{"directions.npy", npy_bytes(directions, {points.size(), units})},
          {"final_norm.npy", npy_bytes(norm, {2, units})}};
}

/// SHA-256 of the manifest beside a file; null where there is none.
ordered_json manifest_hash(const std::filesystem::path& file) {
  const std::filesystem::path manifest = file.parent_path() / "manifest.json";
  return std::filesystem::exists(manifest) ? ordered_json(shard::sha256_file(manifest))
                                           : ordered_json();
}

/// A point of a problem that is run, after that problem's prompt.
void check_ids(const BranchPoint& made, const JsonFields& point, const SamplingProblems& problems) {
  const auto problem = std::ranges::find(problems.problems, made.problem, &Problem::id);
  if (problem == problems.problems.end()) {
    point.refuse("problem_id", "one of the problems that are run");
  }
  const std::vector<int>& prompt =
      problems.prompts[static_cast<std::size_t>(problem - problems.problems.begin())];
  const bool has_length = std::ssize(made.ids) == std::ssize(prompt) + made.t;
  if (made.t < 1 || !has_length ||
      !std::ranges::equal(prompt, std::span(made.ids).first(prompt.size()))) {
    point.refuse("input_ids", "the " + std::to_string(prompt.size()) +
                                  " ids of the problem's prompt and t of its solution");
  }
}

}  // namespace

std::vector<BranchPoint> read_branch_points(const std::filesystem::path& file, std::size_t count,
                                            const CheckedModel& model,
                                            const SamplingProblems& problems) {
  const std::filesystem::path run = file.parent_path();
  if (std::filesystem::exists(run / "plan.json") &&
      !std::filesystem::exists(run / "manifest.json")) {
    throw FormatError(run,
                      "the run is not complete, expected one that is; the command that began it "
                      "(extract sampling --steps sensitivity) completes it");
  }
  const nlohmann::json whole = shard::read_json(file);
  const JsonFields fields(whole, file);
  if (fields.text_or("schema", "") != "phiscope-points/1") {
    fields.refuse("schema", "\"phiscope-points/1\", as extract sampling writes it");
  }
  if (fields.object("model").value() != nlohmann::json(model.description.at("digests"))) {
    throw FormatError(file,
                      "the model's files have other digests, expected points of the model "
                      "that is run");
  }
  std::vector<BranchPoint> points;
  for (const nlohmann::json& entry : fields.array("points")) {
    const std::string where = "points[" + std::to_string(points.size()) + "]";
    const JsonFields point(entry, file, where);
    const auto last = static_cast<std::int64_t>(model.config.vocab) - 1;
    BranchPoint made{.problem = point.text("problem_id"),
                     .t = static_cast<int>(point.integer("t")),
                     .top1 = static_cast<int>(point.integer("top1", {.least = 0, .most = last})),
                     .top2 = static_cast<int>(point.integer("top2", {.least = 0, .most = last}))};
    const nlohmann::json& distance = point.at("distance", "a number");
    if (!distance.is_number()) point.refuse("distance", "a number");
    made.distance = distance.get<double>();
    for (const nlohmann::json& id : point.array("input_ids")) {
      // Compared without a sign: as int64_t the largest ids would be below zero.
      if (!id.is_number_unsigned() || id.get<std::uint64_t>() > static_cast<std::uint64_t>(last)) {
        point.refuse("input_ids", "token ids below " + std::to_string(last + 1));
      }
      made.ids.push_back(id.get<int>());
    }
    check_ids(made, point, problems);
    points.push_back(std::move(made));
  }
  if (points.empty())
    throw FormatError(file,
                      "no points, expected at least one: no greedy solution is longer than "
                      "--interval and --window-stride together");
  std::ranges::stable_sort(points, std::ranges::greater{}, &BranchPoint::distance);
  if (points.size() > count) points.resize(count);
  return points;
}

RunRequest attribution_request(const std::vector<BranchPoint>& points,
                               const SamplingOptions& options, const CheckedModel& model,
                               const std::filesystem::path& file) {
  const ModelConfig& config = model.config;
  RunRequest request{.experiment = "sampling",
                     .plan = {},
                     .row_formula = "",
                     .row_space = "point",
                     .row_key = {"point"},
                     .prompts_jsonl = "",
                     .files = unembedding_files(points, model),
                     .options = {},
                     .details = {}};
  Plan& plan = request.plan;
  std::vector<int> layers{-1};
  for (int layer = 0; layer < config.layers; ++layer) layers.push_back(layer);
  plan.captures = {{.array = "resid", .hook = Hook::resid_post, .layers = layers},
                   {.array = "token_score",
                    .hook = Hook::logits,
                    .layers = {},
                    .measure = Measure::token_score,
                    .space = 1}};
  plan.further_spaces = {{.name = "choice", .key = {"point", "choice"}}};
  plan.groups_per_shard = 64;
  ordered_json described = ordered_json::array();
  ordered_json problems = ordered_json::array();
  std::vector<std::string> known;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const BranchPoint& point = points[i];
    const auto number = static_cast<std::int64_t>(i);
    const auto length = static_cast<int>(point.ids.size());
    const Span last{length - 1, length};
    Run run{.tokens = point.ids, .rows = {}, .key = {number}};
    run.generates = false;
    run.rows.push_back({.key = {number}, .spans = {last}});
    run.rows.push_back({.key = {number, 0}, .spans = {last}, .space = 1, .targets = {point.top1}});
    run.rows.push_back({.key = {number, 1}, .spans = {last}, .space = 1, .targets = {point.top2}});
    plan.groups.push_back({.runs = {std::move(run)}});
    request.prompts_jsonl += ordered_json{{"id", point.problem + "/" + std::to_string(point.t)},
                                          {"text", nullptr},
                                          {"input_ids", point.ids}}
                                 .dump() +
                             "\n";
    if (std::ranges::count(known, point.problem) == 0) {
      known.push_back(point.problem);
      problems.push_back(
          {{"problem_id", point.problem}, {"answer", ""}, {"positions", length - point.t}});
    }
    described.push_back({{"problem", point.problem},
                         {"t", point.t},
                         {"top1", point.top1},
                         {"top2", point.top2},
                         {"d", point.distance}});
  }
  const char* norm = config.norm == NormKind::layer          ? "layer"
                     : config.norm == NormKind::rms_plus_one ? "rms1"
                                                             : "rms";
  request.options = {{"step", "attribution"},
                     {"points", shard::sha256_file(file)},
                     {"points_run", manifest_hash(file)},
                     {"top_points", options.top_points},
                     {"seed", options.run.seed}};
  request.details = {
      {"step", "attribution"},
      {"problems", problems},
      {"dropped", ordered_json::array()},
      {"points", described},
      {"layers", layers},
      {"model_layers", config.layers},
      {"target_layer", config.layers - 1},
      {"stride", 1},
      {"max_new_tokens", 0},
      {"norm", norm},
      {"norm_eps", config.norm_eps},
      {"soft_cap", config.logit_softcap > 0 ? ordered_json(config.logit_softcap) : ordered_json()}};
  return request;
}

}  // namespace phiscope::extract
