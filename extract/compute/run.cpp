// SPDX-License-Identifier: MIT
#include "command/run.hpp"

#include "command/next_program.hpp"
#include "command/past_speed.hpp"
#include "compute/memory.hpp"
#include "compute/numerics.hpp"
#include "compute/run_log.hpp"
#include "files/describe.hpp"
#include "files/digest_cache.hpp"
#include "model/device.hpp"
#include "model/matrix_products.hpp"
#include "program/version.hpp"
#include "run/estimate.hpp"
#include "run/execute.hpp"
#include "run/known_runs.hpp"
#include "run/pass_lengths.hpp"
#include "run/shard_time.hpp"
#include "run/time_ahead.hpp"
#include "run/writing_speed.hpp"
#include "shard/atomic_file.hpp"
#include "shard/format_error.hpp"
#include "shard/sha256.hpp"
#include "watch/progress.hpp"
#include "watch/stop.hpp"

#include <array>
#include <cmath>
#include <ctime>
#include <iostream>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

/// The nearest existing parent, whose disk the run will use.
std::filesystem::path existing_parent(std::filesystem::path path) {
  path = std::filesystem::absolute(path);
  while (!std::filesystem::exists(path)) path = path.parent_path();
  return path;
}

shard::RunPlan run_plan(const RunOptions& options, const CheckedModel& model,
                        const RunRequest& request) {
  const shard::RowSpace own{.name = request.row_space, .key = request.row_key};
  shard::RunPlan plan{.experiment = request.experiment,
                      .shards = static_cast<std::int64_t>(request.plan.shards()),
                      .arrays = array_plans(request.plan, model.config, scalar_type(options.dtype),
                                            request.row_space),
                      .row_spaces = row_spaces(request.plan, own),
                      .details = ordered_json::object()};
  if (!request.row_formula.empty()) {
    for (shard::ArrayPlan& array : plan.arrays) array.formula += "; " + request.row_formula;
  }
  for (const auto& [name, bytes] : request.files) {
    plan.files.emplace(name, shard::sha256(std::as_bytes(std::span(bytes))));
  }
  plan.details["version"] = program::program_version();
  plan.details["revision"] = program::git_revision();
  plan.details["options"] = request.options;
  plan.details["model"] = model.description;
  if (options.allow_long) plan.details["allow_long"] = true;
  plan.details["numerics"] = numerics(options, model.config);
  plan.details["prompts_per_shard"] = request.plan.groups_per_shard;
  if (!request.details.is_null()) plan.details.update(request.details);
  return plan;
}

std::vector<std::int64_t> all_shards(const Plan& plan) {
  std::vector<std::int64_t> shards(plan.shards());
  std::iota(shards.begin(), shards.end(), 0);
  return shards;
}

/// What a process takes on the CPU before it has read a weight: libraries and their tables.
constexpr std::uint64_t process_bytes = 125'000'000;

/// Work, disk and memory of a plan, for people and for --dry-run.
ordered_json estimate(const Plan& plan, const ModelConfig& config, const shard::RunPlan& described,
                      const RunOptions& options) {
  const TokenCount count = count_tokens(plan.groups, static_cast<int>(config.layers));
  const auto layers = static_cast<std::uint64_t>(config.layers);
  const std::uint64_t steps = count.continued * static_cast<std::uint64_t>(plan.generation.tokens);
  const std::uint64_t shared = count.token_layers_shared + steps * layers;
  const std::uint64_t alone = count.token_layers_alone + steps * layers;
  const std::uint64_t generated = plan.generation.rows == GeneratedRows::none ? 0 : steps;
  const std::size_t item = at::elementSize(scalar_type(options.dtype));
  const std::uint64_t weights = count_parameters(config) * item;
  const std::uint64_t batch =
      expected_batch_bytes(plan, config, described.arrays, item, options.batch_size);
  const std::uint64_t lane = lane_key_value_bytes(plan, config, item);
  const bool on_cpu = parse_device(options.device).is_cpu();
  const bool independent = has_independent_rows(parse_device(options.device));
  const KeptRuns kept = kept_runs(plan, config, item, independent);
  const std::uint64_t scores =
      expected_score_bytes(plan, config, item, options.batch_size, on_cpu, kept);
  const std::uint64_t fixed = weights + scores + kept.bytes;
  const std::optional<std::uint64_t> memory = run_memory(options);
  const Tokens tokens = tokens_ahead(plan, all_shards(plan));
  return {{"shards", plan.shards()},
          {"runs", count.runs},
          {"rows", count.rows + generated},
          {"tokens", {{"together", tokens.together}, {"single", tokens.single}}},
          {"token_layers", shared},
          {"token_layers_without_sharing", alone},
          {"saved_by_sharing",
           shared == 0 ? 1.0 : static_cast<double>(alone) / static_cast<double>(shared)},
          {"disk_bytes", expected_bytes(plan, described.arrays, all_shards(plan))},
          {"weight_bytes", weights},
          {"batch_bytes", batch},
          {"score_bytes", scores},
          {"kept_bytes", kept.bytes},
          {"peak_bytes", fixed + batch + (on_cpu ? process_bytes : 0)},
          {"key_value_bytes", {{"lane", lane}, {"batch", lane * options.batch_size}}},
          {"memory_bytes", memory ? ordered_json(*memory) : ordered_json()},
          {"largest_batch",
           memory ? ordered_json(largest_batch(*memory, fixed, batch / options.batch_size))
                  : ordered_json()}};
}

/// What the speed of a run depends on most.
std::string speed_conditions(const RunOptions& options, const ordered_json& expected) {
  return std::filesystem::absolute(options.model).lexically_normal().string() + "\n" +
         expected.at("weight_bytes").dump() + "\n" + options.device + "\n" +
         std::to_string(options.threads) + "\n" + std::to_string(options.batch_size);
}

std::optional<PastSpeed> past_speed(const std::string& experiment, const std::string& conditions) {
  const auto folder = user_cache_folder();
  return folder ? PastSpeeds(*folder).find(experiment, conditions) : std::nullopt;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

/// Keys and values, and what fits, for people.
void say_memory(const ordered_json& expected, const RunOptions& options) {
  const ordered_json& bytes = expected.at("key_value_bytes");
  std::cerr << "keys and values: " << bytes_text(bytes.at("lane")) << " per lane, "
            << bytes_text(bytes.at("batch")) << " per batch of " << options.batch_size;
  if (!expected.at("memory_bytes").is_null()) {
    std::cerr << "; the largest batch that fits " << bytes_text(expected.at("memory_bytes")) << ": "
              << expected.at("largest_batch");
  }
  std::cerr << '\n';
}

/// What rows cost to be written, and how fast they can be here, for people.
void say_writing(const Plan& plan, const ordered_json& expected,
                 const std::filesystem::path& disk) {
  const auto tokens =
      static_cast<double>(std::max<std::uint64_t>(1, expected_tokens(plan, all_shards(plan))));
  const double bytes = expected.at("disk_bytes").get<double>() / tokens;
  if (bytes < 1.0) return;
  const WritingSpeed speed = measure_writing(disk);
  const auto of = [&](double rate) {
    return std::to_string(std::llround(rate / bytes)) + " tokens/s (" + bytes_text(rate) + "/s)";
  };
  std::cerr << "writing: " << bytes_text(bytes) << " per token; ";
  if (speed.disk > 0.0) std::cerr << "this disk takes about " << of(speed.disk) << ", ";
  std::cerr << "hashing at most " << of(speed.hash) << "; a device that computes more waits for "
            << (speed.disk > 0.0 && speed.disk < speed.hash ? "the disk" : "hashing") << '\n';
}

/// Says so where the disk was slower than the model.
void say_waiting(const std::string& experiment, const Executed& done) {
  if (done.waiting_seconds < 2.0 || done.waiting_seconds < 0.05 * done.seconds) return;
  std::cerr
      << "extract " << experiment << ": "
      << std::lround(100.0 * done.waiting_seconds / done.seconds)
      << " % of the time went into waiting for rows to be hashed and written; fewer --layers, "
         "hooks or positions, a 16-bit --dtype or a faster disk would help\n";
}

/// Rotations exist for every position; a table of learned ones ends.
void allow_long_runs(const RunOptions& options, ModelConfig& config) {
  if (config.learned_positions) {
    throw std::runtime_error(
        "--allow-long: " + options.model.string() + " has a table of learned positions (" +
        std::to_string(config.max_positions) + " of them), expected a model with rotary positions");
  }
  config.max_positions = 0x7FFFFFFF;
}

/// What is said of a run before it starts: on standard error, and in the log.
std::vector<std::string> warnings_of(const CheckedModel& model, const Plan& plan) {
  std::vector<std::string> warnings = model_warnings(model.description);
  std::size_t longer = 0;
  for (const Group& group : plan.groups) {
    for (const Run& run : group.runs) {
      const std::int64_t length = given_positions(run) + plan.generation.tokens;
      longer += length > model.context ? 1U : 0U;
    }
  }
  if (longer > 0) {
    warnings.push_back("--allow-long: " + std::to_string(longer) + " runs may be longer than the " +
                       std::to_string(model.context) + " positions the model was trained for");
  }
  return warnings;
}

}  // namespace

CheckedModel check_run(const RunOptions& options) {
  const c10::Device device = parse_device(options.device);
  if (options.batch_invariant && !device.is_cpu()) {
    throw std::runtime_error("--batch-invariant: found --device " + options.device +
                             ", expected cpu: elsewhere a run's last bits depend on its batch");
  }
  if (device.is_cpu() && !matrix_products().reproducible) {
    const std::string why =
        "LibTorch computes products without MKL's reproducible mode: a run's "
        "last bits depend on its batch and on the number of threads";
    if (options.batch_invariant) throw std::runtime_error("--batch-invariant: " + why);
    std::cerr << "warning: " << why << '\n';
  }
  if (!options.dry_run) {
    catch_stop_signals();
    open_device(device);
  }
  if (options.out.empty()) throw std::runtime_error("--out: found nothing, expected a directory");
  // Before its weights are opened: a model that does not fit need not be here to be refused.
  check_memory(options, read_config(options.model));
  const auto files = std::make_shared<const ModelFiles>(options.model);
  std::optional<DigestCache> cache;
  if (!options.no_digest_cache) cache = DigestCache::of_user();
  // Every weight is read once, or a run could be made with a broken download.
  ordered_json description = describe_model(*files, cache ? &*cache : nullptr, stop_if_asked);
  if (cache && !cache->problem().empty()) {
    std::cerr << "warning: the model's digests are not kept for the next run: " << cache->problem()
              << "; --no-digest-cache does without\n";
  }
  CheckedModel model{
      .files = files, .config = files->config(), .description = std::move(description)};
  model.context = model.config.max_positions;
  if (options.allow_long) allow_long_runs(options, model.config);
  return model;
}

void run(const RunOptions& options, const CheckedModel& model, RunRequest request,
         const std::string& command_line) {
  const Task task = parse_task(options.shard);
  request.plan.groups_per_shard =
      groups_in_time(request.plan, model.config, 60.0 * options.shard_minutes,
                     parse_device(options.device).is_cpu());
  check_pass_lengths(model.config, request.plan);
  const shard::RunPlan plan = run_plan(options, model, request);
  std::vector<std::string> warnings = warnings_of(model, request.plan);
  for (const std::string& warning : warnings) std::cerr << "warning: " << warning << '\n';
  const ordered_json expected = estimate(request.plan, model.config, plan, options);
  const std::string step =
      request.options.contains("step") ? " " + request.options["step"].get<std::string>() : "";
  std::cerr << "extract " << request.experiment << step << ": " << expected["runs"] << " runs in "
            << expected["shards"] << " shards, " << expected["rows"] << " rows, "
            << bytes_text(expected["disk_bytes"]) << " on disk, "
            << bytes_text(expected["weight_bytes"]) << " of weights and about "
            << bytes_text(expected["batch_bytes"]) << " for a batch, "
            << bytes_text(expected["peak_bytes"])
            << " in memory in all; sharing common prefixes and blocks: " << expected["token_layers"]
            << " token-layers instead of " << expected["token_layers_without_sharing"] << '\n';
  const std::string conditions = speed_conditions(options, expected);
  if (options.dry_run) {
    const std::optional<PastSpeed> speed = past_speed(request.experiment, conditions);
    const Tokens tokens = tokens_ahead(request.plan, all_shards(request.plan));
    std::cerr << "time: " << time_text(speed, tokens) << '\n';
    say_memory(expected, options);
    say_writing(request.plan, expected, existing_parent(options.out));
    ordered_json line{{"dry_run", true}};
    if (request.options.contains("step")) line["step"] = request.options["step"];
    line["plan"] = expected;
    line["seconds"] = speed ? ordered_json(speed->timed.seconds_for(tokens)) : ordered_json();
    std::cout << line.dump() << '\n';
    return;
  }
  const std::filesystem::path disk = existing_parent(options.out);
  const auto free_bytes = std::filesystem::space(disk).available;
  // A manifest, commits and file headers come on top of the data.
  const std::uint64_t wanted = expected["disk_bytes"].get<std::uint64_t>();
  const bool fresh = !std::filesystem::exists(options.out / "plan.json");
  if (fresh && wanted > free_bytes) {
    throw shard::FormatError(
        options.out, "no space left for the run: " + bytes_text(static_cast<double>(free_bytes)) +
                         " free, expected " + bytes_text(static_cast<double>(wanted)));
  }

  shard::RunWriter writer(options.out, plan, request.prompts_jsonl, task.index, task.count,
                          options.lock);
  writer.check_commits([files = model.files] { files->check_unchanged(); });
  for (const auto& [name, bytes] : request.files) {
    // What follows from the plan: another task writes the same bytes.
    const std::filesystem::path file = options.out / name;
    const bool there =
        std::filesystem::exists(file) && shard::sha256_file(file) == plan.files.at(name);
    if (!there) shard::write_file(file, bytes);
  }
  const std::vector<std::int64_t> open = writer.open_shards();
  const auto own =
      static_cast<std::size_t>((plan.shards - task.index + task.count - 1) / task.count);
  const std::size_t found_done = own - open.size();
  for (const std::string& lost : writer.lost()) {
    warnings.push_back(lost);
    std::cerr << "warning: " << lost << '\n';
  }
  const RunLog log(options.out, task);
  log.add({{"event", "start"},
           {"host", host_name()},
           {"instructions", instruction_set()},
           {"argv", command_line},
           {"open_shards", open.size()},
           {"estimate", expected}});
  for (const std::string& note : options.notes) log.add({{"event", "note"}, {"note", note}});
  for (const std::string& warning : warnings) log.add({{"event", "warning"}, {"text", warning}});
  const c10::Device device = parse_device(options.device);
  Executed done;
  try {
    const Model loaded = load_model(model.files, scalar_type(options.dtype), device, stop_if_asked);
    set_threads(options.threads, model.config);
    const auto say_time = [&](double seconds) {
      std::cerr << "extract " << request.experiment << ": about " << duration_text(seconds)
                << " for " << open.size() << " shards" << advice_for(seconds) << '\n';
    };
    const auto log_shard = [&](const ShardRecord& record) {
      log.add(record, device_facts(device));
    };
    done = execute(request.plan, loaded, writer, request.row_space, options.batch_size,
                   {.record = log_shard, .expect = say_time}, {.bytes = options.pinned_mb << 20U});
    say_waiting(request.experiment, done);
  } catch (const c10::OutOfMemoryError&) {
    throw std::runtime_error(out_of_memory_text(
        options.device, device_facts(device).total_bytes, expected["weight_bytes"],
        expected["batch_bytes"].get<std::uint64_t>() / options.batch_size, options.batch_size));
  }
  if (const auto folder = user_cache_folder()) {
    // Texts that end early, and whatever else was expected and did not come, come less next time.
    TimedWork expected_work = done.timed;
    expected_work.tokens = tokens_ahead(request.plan, open);
    const std::string problem =
        PastSpeeds(*folder).keep(request.experiment, conditions, expected_work, today());
    if (!problem.empty()) {
      std::cerr << "warning: the speed is not kept for the next --dry-run: " << problem << '\n';
    }
  }
  const DeviceFacts facts = device_facts(device);
  const double rate = static_cast<double>(done.tokens) / std::max(done.seconds, 1e-9);
  log.add(
      {{"event", "done"},
       {"shards", done.shards},
       {"rows", done.rows},
       {"tokens", done.tokens},
       {"seconds", done.seconds},
       {"seconds_waiting_for_disk", done.waiting_seconds},
       {"together",
        {{"tokens", done.timed.tokens.together}, {"seconds", done.timed.together_seconds}}},
       {"single", {{"tokens", done.timed.tokens.single}, {"seconds", done.timed.single_seconds}}},
       {"tokens_per_second", rate},
       {"peak_memory_bytes", peak_memory_bytes()},
       {"device", facts.name},
       {"peak_device_memory_bytes", facts.peak_bytes}});
  const bool complete = std::filesystem::exists(options.out / "manifest.json");
  std::cout << ordered_json{{"run", shard::path_text(options.out)},
                            {"shards", done.shards},
                            {"shards_found_done", found_done},
                            {"rows", done.rows},
                            {"complete", complete}}
                   .dump()
            << '\n';
  const bool is_part = plan.experiment == "sampling";  // its command has further steps
  if (complete && !is_part) say_next(plan.experiment, options.out);
}

}  // namespace phiscope::extract
