// SPDX-License-Identifier: MIT
#include "command/run.hpp"

#include "ahead/estimate.hpp"
#include "command/next_program.hpp"
#include "command/past_speed.hpp"
#include "compute/numerics.hpp"
#include "compute/run_log.hpp"
#include "files/model/digest_cache.hpp"
#include "model/cpu/matrix_products.hpp"
#include "model/device/device.hpp"
#include "model/scalar_type.hpp"
#include "prepare/checked_model.hpp"
#include "prepare/dry_run.hpp"
#include "prepare/outlook.hpp"
#include "run/execute.hpp"
#include "run/known_runs.hpp"
#include "run/time_ahead.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "shard/run_writer.hpp"
#include "watch/progress.hpp"
#include "watch/stop.hpp"

#include <array>
#include <cmath>
#include <ctime>
#include <iostream>
#include <optional>
#include <utility>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
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

}  // namespace

CheckedModel check_run(const RunOptions& options) {
  const c10::Device device = parse_device(options.device);
  if (device.is_cpu() && !matrix_products().reproducible) {
    const std::string why =
        "LibTorch computes products without MKL's reproducible mode: a run's "
        "last bits depend on its batch and on the number of threads";
    if (options.batch_invariant) throw std::runtime_error("--batch-invariant: " + why);
    std::cerr << "warning: " << why << '\n';
  }
  std::optional<std::uint64_t> free_bytes;
  if (!options.dry_run) {
    catch_stop_signals();
    open_device(device);
    if (!device.is_cpu()) free_bytes = device_facts(device).free_bytes;
  }
  return checked_model(options, free_bytes);
}

void run(const RunOptions& options, const CheckedModel& model, RunRequest request,
         const std::string& command_line) {
  if (options.dry_run) return dry_run(options, model, std::move(request));
  const Task task = parse_task(options.shard);
  const c10::Device device = parse_device(options.device);
  Surroundings around{.free_bytes = {}, .independent_rows = has_independent_rows(device)};
  if (!device.is_cpu()) around.free_bytes = device_facts(device).free_bytes;
  Outlook outlook = look_ahead(options, model, request, numerics(options, model.config), around);
  const shard::RunPlan& plan = outlook.plan;
  const ordered_json& expected = outlook.expected;
  std::vector<std::string>& warnings = outlook.warnings;
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
    if (!there) shard::write_run_file(file, bytes, options.lock);
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
        expected["batch_bytes"].get<std::uint64_t>() / expected["batch_runs"].get<std::uint64_t>(),
        expected["batch_runs"].get<std::size_t>()));
  }
  if (const auto folder = user_cache_folder()) {
    // Texts that end early, and whatever else was expected and did not come, come less next time.
    TimedWork expected_work = done.timed;
    expected_work.tokens = tokens_ahead(request.plan, open);
    const std::string problem =
        PastSpeeds(*folder).keep(request.experiment, outlook.conditions, expected_work, today());
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
