// SPDX-License-Identifier: MIT
#include "analyze/csv_records.hpp"
#include "sampling_folder.hpp"

#include <cmath>
#include <set>
#include <sstream>

using namespace phiscope::test;

namespace {

/// All residual rows of texts by one pass over their ids, [text][position] of [layer, unit].
class TextRows {
 public:
  TextRows(const SamplingFolder& folder, const std::vector<std::vector<int>>& texts) {
    std::string lines;
    for (const auto& ids : texts) lines += nlohmann::json{{"input_ids", ids}}.dump() + "\n";
    write_text(folder.path() / "texts.jsonl", lines);
    const std::filesystem::path out = folder.path() / "texts";
    std::filesystem::remove_all(out);
    const Finished done = extract("activations --model '" + SamplingFolder::model().string() +
                                      "' --prompts '" + (folder.path() / "texts.jsonl").string() +
                                      "' --capture hook_resid_post --out '" + out.string() + "'",
                                  folder.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    rows_ = PatchingRun(out).rows("hook_resid_post", "token");
  }
  /// Mean over the tokens of these numbers, counted from one after `first` tokens.
  [[nodiscard]] std::vector<double> mean(std::int64_t text, int first,
                                         const std::vector<int>& numbers) const {
    std::vector<double> sum;
    for (const int number : numbers) {
      const std::vector<double>& row = rows_.at({text, first + number - 1});
      sum.resize(row.size(), 0.0);
      for (std::size_t i = 0; i < row.size(); ++i) sum[i] += row[i];
    }
    for (double& value : sum) value /= static_cast<double>(numbers.size());
    return sum;
  }

 private:
  StoredRows rows_;
};

void check_close(const std::vector<double>& found, const std::vector<double>& wanted) {
  REQUIRE(found.size() == wanted.size());
  double scale = 1.0;
  double worst = 0.0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    scale = std::max(scale, std::abs(wanted[i]));
    worst = std::max(worst, std::abs(found[i] - wanted[i]));
  }
  CHECK(worst <= 1e-5 * scale);
}

/// Multiples of a stride above `begin` and not above `end`.
std::vector<int> multiples(int stride, int begin, int end) {
  std::vector<int> numbers;
  for (int n = stride; n <= end; n += stride) {
    if (n > begin) numbers.push_back(n);
  }
  return numbers;
}

std::vector<int> joined(std::vector<int> a, const std::vector<int>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("latents of drawn solutions are means of one pass over their text", "[command]") {
  const SamplingFolder folder;
  const PatchingRun run = folder.run("run", "variance", "--temperatures 0,0.8");
  const auto prompts = folder.prompts(folder.path() / "run/variance");
  const auto solutions = generated_of(run);
  CHECK(solutions.size() == 2 * (1 + 3));
  std::vector<RowKey> order;
  std::vector<std::vector<int>> texts;
  for (const auto& [key, ids] : solutions) {
    order.push_back(key);
    texts.push_back(joined(prompts.at(static_cast<std::size_t>(key[0])), ids));
  }
  const TextRows text_rows(folder, texts);
  const StoredRows latent = run.rows("latent", "pooled");
  std::size_t compared = 0;
  for (std::size_t s = 0; s < order.size(); ++s) {
    const auto length = static_cast<int>(solutions.at(order[s]).size());
    const auto first = static_cast<int>(prompts.at(static_cast<std::size_t>(order[s][0])).size());
    for (const int checkpoint : {8, 16, 40}) {
      const std::vector<int> numbers = multiples(4, 0, std::min(checkpoint, length));
      RowKey key = order[s];
      key.push_back(checkpoint);
      CAPTURE(key, length);
      REQUIRE(latent.contains(key) == !numbers.empty());
      if (numbers.empty()) continue;
      check_close(latent.at(key), text_rows.mean(static_cast<std::int64_t>(s), first, numbers));
      ++compared;
    }
  }
  CHECK(compared == latent.size());
  CHECK(compared > 20);
}

TEST_CASE("a sample is the same whatever else is drawn, and however", "[command]") {
  const SamplingFolder folder;
  const auto wanted = generated_of(folder.run("one", "variance", "--temperatures 0.8"));
  CHECK(wanted.size() == 6);
  int next = 0;
  for (const char* how : {"--temperatures 0.8 --batch-size 1 --problems-per-shard 1",
                          "--temperatures 0.8 --threads 2 --batch-size 5"}) {
    CAPTURE(how);
    CHECK(generated_of(folder.run("run" + std::to_string(next++), "variance", how)) == wanted);
  }
  const auto more = generated_of(folder.run("more", "variance", "--temperatures 0,5,0.8"));
  for (const auto& [key, ids] : wanted) CHECK(more.at({key[0], 1, key[2]}) == ids);
  std::set<std::vector<int>> different;  // so hot that no two are the same
  for (const auto& [key, ids] : more) {
    if (key[1] == 2) different.insert(ids);
  }
  CHECK(different.size() == 6);
  const auto clustered = generated_of(folder.run("clusters", "clustering", ""));
  for (const auto& [key, ids] : wanted) CHECK(clustered.at(key) == ids);  // at 0.8 as well
}

TEST_CASE("distances to a known solution are of the tokens that they name", "[command]") {
  const SamplingFolder folder;
  const PatchingRun run = folder.run("run", "manifold", "");
  const auto prompts = folder.prompts(folder.path() / "run/manifold");
  const auto solutions = generated_of(run);
  const StoredRows latent = run.rows("latent", "pooled");
  const auto& details = run.details();
  // The known solutions as tokens, by the program that prints them.
  std::istringstream problems(read_text(SamplingFolder::problems()));
  std::string lines;
  std::string line;
  for (int i = 0; i < 2 && std::getline(problems, line); ++i) {
    const std::string answer = nlohmann::json::parse(line).at("answer");
    lines += nlohmann::json{{"text", "\n" + answer}}.dump() + "\n";
  }
  write_text(folder.path() / "answers.jsonl", lines);
  const Finished told =
      extract("tokens --no-special --model '" + SamplingFolder::model().string() + "' --prompts '" +
                  (folder.path() / "answers.jsonl").string() + "'",
              folder.path());
  REQUIRE(told.status == 0);
  std::istringstream printed(told.out);
  for (std::int64_t p = 0; p < 2; ++p) {
    REQUIRE(std::getline(printed, line));
    const auto oracle = nlohmann::json::parse(line).at("ids").get<std::vector<int>>();
    const auto tokens = static_cast<int>(oracle.size());
    const auto m = static_cast<int>(std::floor(0.3 * tokens));
    CHECK(details.at("oracle_tokens").at(static_cast<std::size_t>(p)) == tokens);
    CHECK(details.at("prefix").at("tokens").at(static_cast<std::size_t>(p)) == m);
    const auto& prompt = prompts.at(static_cast<std::size_t>(p));
    const auto first = static_cast<int>(prompt.size());
    const std::vector<int>& local = solutions.at({p, 1});
    const std::vector<int>& after = solutions.at({p, 2});
    std::vector<int> forced(oracle.begin(), oracle.begin() + m);
    forced.insert(forced.end(), after.begin(), after.end());
    const TextRows rows(folder,
                        {joined(prompt, oracle), joined(prompt, local), joined(prompt, forced)});
    CAPTURE(p, m, tokens);
    check_close(latent.at({p, 0, 0}), rows.mean(0, first, multiples(4, 0, tokens)));
    check_close(latent.at({p, 1, 0}),
                rows.mean(1, first, multiples(4, 0, static_cast<int>(local.size()))));
    const auto end = static_cast<int>(forced.size());
    check_close(latent.at({p, 2, 0}), rows.mean(2, first, multiples(4, 0, end)));
    check_close(latent.at({p, 2, 1}), rows.mean(2, first, multiples(4, m, end)));
  }
  CHECK(latent.size() == 2 * 4);
}

TEST_CASE("branches leave the greedy solution by its second-best token", "[command]") {
  const SamplingFolder folder;
  const PatchingRun run = folder.run("run", "sensitivity", "");
  const auto prompts = folder.prompts(folder.path() / "run/sensitivity");
  const auto solutions = generated_of(run);
  const StoredRows latent = run.rows("latent", "pooled");
  const auto points =
      nlohmann::json::parse(read_text(folder.path() / "run/sensitivity/bifurcation_points.json"));
  std::size_t branches = 0;
  std::size_t cut = 0;
  double before = INFINITY;
  for (const auto& point : points.at("points")) {
    const auto p = point.at("problem").get<std::int64_t>();
    const auto t = point.at("t").get<int>();
    const std::vector<int>& greedy = solutions.at({p, 0});
    const std::vector<int>& branch = solutions.at({p, t});
    const auto& prompt = prompts.at(static_cast<std::size_t>(p));
    const auto first = static_cast<int>(prompt.size());
    CAPTURE(p, t);
    REQUIRE(static_cast<int>(greedy.size()) > t);
    CHECK(point.at("top1") == greedy[static_cast<std::size_t>(t)]);
    CHECK(point.at("top2") == branch.front());
    CHECK(branch.front() != greedy[static_cast<std::size_t>(t)]);
    std::vector<int> path(greedy.begin(), greedy.begin() + t);
    CHECK(point.at("input_ids") == joined(prompt, path));
    path = joined(path, branch);
    const TextRows rows(folder, {joined(prompt, greedy), joined(prompt, path)});
    const auto window = [&](int length) {
      std::vector<int> numbers;
      for (int n = t + 2; n <= std::min(t + 12, length); n += 2) numbers.push_back(n);
      return numbers;
    };
    // Means are over equally many tokens, whichever of the two ends first.
    const std::vector<int> compared =
        window(static_cast<int>(std::min(greedy.size(), path.size())));
    CHECK(point.at("pooled") == compared.size());
    cut += greedy.size() != path.size() && compared.size() < 6 ? 1U : 0U;
    const auto kept = rows.mean(0, first, compared);
    const auto left = rows.mean(1, first, compared);
    for (const int n : compared) {
      check_close(latent.at({p, 0, n}), rows.mean(0, first, {n}));
      check_close(latent.at({p, t, n}), rows.mean(1, first, {n}));
    }
    const std::size_t layers = points.at("layers").size();
    const std::size_t units = kept.size() / layers;
    const auto target = points.at("target_layer").get<std::size_t>();
    double squared = 0.0;
    for (std::size_t i = target * units; i < (target + 1) * units; ++i) {
      squared += std::pow(kept[i] - left[i], 2);
    }
    CHECK(point.at("distance").get<double>() == Approx(std::sqrt(squared)).epsilon(1e-4));
    CHECK(point.at("distance").get<double>() <= before);
    before = point.at("distance").get<double>();
    ++branches;
  }
  CHECK(branches >= 3);
  CHECK(cut >= 1);
  const auto model = nlohmann::json::parse(read_text(folder.path() / "run/sensitivity/plan.json"));
  CHECK(points.at("model") == model.at("model").at("digests"));
}

TEST_CASE("temperatures are in order, however they are given", "[command]") {
  const SamplingFolder folder;
  const PatchingRun run = folder.run("run", "variance", "--temperatures 0.8,0,0.5");
  CHECK(run.details().at("temperatures") == std::vector<double>{0.0, 0.5, 0.8});
  folder.run("other", "variance", "--temperatures 0,0.5,0.8");
  CHECK(tree(folder.path() / "run/variance") == tree(folder.path() / "other/variance"));
  const Finished report = run_shell(
      program("analyze-sampling") + " '" + (folder.path() / "run").string() + "' --out '" +
          (folder.path() / "report").string() + "' --no-figures --bootstrap 20",
      folder.path());
  CAPTURE(report.err);
  CHECK(report.status == 0);
}

TEST_CASE("a repetition penalty is that of every greedy solution", "[command]") {
  const SamplingFolder folder;
  const std::string penalty = "--temperatures 0 --repetition-penalty 1.3";
  const auto drawn = generated_of(folder.run("run", "variance", penalty));
  const auto local = generated_of(folder.run("run", "manifold", penalty));
  const auto branches = generated_of(folder.run("run", "sensitivity", penalty));
  const auto plain = generated_of(folder.run("plain", "variance", "--temperatures 0"));
  CHECK(drawn != plain);
  for (const auto& [key, ids] : drawn) {
    CHECK(local.at({key[0], 1}) == ids);
    CHECK(branches.at({key[0], 0}) == ids);
  }
  // A branch is what a prompt with the tokens before it gives: they have the penalty as well, and
  // the second-best token is the second best after it.
  const auto prompts = folder.prompts(folder.path() / "run/sensitivity");
  std::vector<std::vector<int>> wanted;
  std::string lines;
  nlohmann::json actions = nlohmann::json::array();
  for (const auto& [key, ids] : branches) {
    if (key[1] == 0) continue;
    const std::vector<int>& greedy = branches.at({key[0], 0});
    CHECK(ids.front() != greedy.at(static_cast<std::size_t>(key[1])));
    std::vector<int> prompt = prompts.at(static_cast<std::size_t>(key[0]));
    prompt.insert(prompt.end(), greedy.begin(), greedy.begin() + key[1]);
    const std::string id = std::to_string(wanted.size());
    lines += nlohmann::json{{"id", id}, {"input_ids", prompt}}.dump() + "\n";
    actions.push_back({{"prompt", id}, {"action", "force_rank"}, {"step", 0}, {"rank", 2}});
    wanted.push_back(ids);
  }
  CHECK(wanted.size() >= 3);
  write_text(folder.path() / "prompts.jsonl", lines);
  write_text(folder.path() / "actions.json", actions.dump());
  const Finished done = extract(
      "activations --model '" + SamplingFolder::model().string() + "' --prompts '" +
          (folder.path() / "prompts.jsonl").string() + "' --interventions '" +
          (folder.path() / "actions.json").string() +
          "' --capture logits --positions last --generate 12 --repetition-penalty 1.3 --out '" +
          (folder.path() / "again").string() + "'",
      folder.path());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const auto again = generated_of(PatchingRun(folder.path() / "again"));
  for (std::size_t b = 0; b < wanted.size(); ++b) {
    const std::vector<int>& found = again.at({static_cast<std::int64_t>(b)});
    CAPTURE(b);
    const std::size_t both = std::min(found.size(), wanted[b].size());
    CHECK(both >= 1);
    CHECK(std::equal(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(both),
                     wanted[b].begin()));
  }
}

TEST_CASE("prompts of a file, by the ids of their problems, are taken as they are", "[command]") {
  const SamplingFolder folder;
  const std::vector<int> first{1, 60, 61, 62};
  const std::vector<int> second{1, 70, 71};
  const auto entry = [](const char* id, const std::vector<int>& ids) {
    return nlohmann::json{{"id", id}, {"input_ids", ids}}.dump() + "\n";
  };
  // Others than the two that are run may be there, in any order.
  write_text(folder.path() / "prompts.jsonl",
             entry("words-001", second) + entry("words-000", first) + entry("words-009", first));
  const auto extracted = [&folder](const std::string& name, const std::string& prompts) {
    std::string call = folder.call(name, "--steps variance --prompts '" + prompts + "'");
    const std::string given = "--prompt-template '" + (folder.path() / "template").string() + "'";
    call.erase(call.find(given), given.size());
    return extract(call, folder.path());
  };
  const Finished done = extracted("run", (folder.path() / "prompts.jsonl").string());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  CHECK(folder.prompts(folder.path() / "run/variance") == std::vector{first, second});
  write_text(folder.path() / "few.jsonl", entry("words-001", second));
  const Finished few = extracted("few", (folder.path() / "few.jsonl").string());
  CHECK(few.status == 1);
  CHECK_THAT(few.err, Contains("few.jsonl: no prompt 'words-000', expected one of every problem"));
  write_text(folder.path() / "few.jsonl",
             entry("words-000", {1, 100000}) + entry("words-001", {1}));
  CHECK_THAT(extracted("few", (folder.path() / "few.jsonl").string()).err,
             Contains("few.jsonl") && Contains("words-000") && Contains("100000"));
  CHECK(folder.extracted("both", "--prompts '" + (folder.path() / "few.jsonl").string() + "'")
            .status == 2);
}

TEST_CASE("a branch that goes to the end has an answer of its own", "[command]") {
  const SamplingFolder folder;
  const auto cut = generated_of(folder.run("cut", "sensitivity", ""));
  const auto whole = generated_of(folder.run("whole", "sensitivity", "--to-the-end"));
  const auto plan = nlohmann::json::parse(read_text(folder.path() / "whole/sensitivity/plan.json"));
  const int end = plan.at("options").at("end_tokens").at(0).get<int>();
  std::size_t longer = 0;
  REQUIRE(whole.size() == cut.size());
  for (const auto& [key, ids] : whole) {
    const std::size_t before = static_cast<std::size_t>(key[1]);
    CHECK((ids.back() == end || before + ids.size() == 40));
    const std::vector<int>& window = cut.at(key);
    REQUIRE(window.size() <= ids.size());
    CHECK(std::equal(window.begin(), window.end(), ids.begin()));
    longer += key[1] > 0 && ids.size() > window.size() ? 1U : 0U;
  }
  CHECK(longer >= 1);
  const Finished report = run_shell(
      program("analyze-sampling") + " '" + (folder.path() / "whole").string() + "' --out '" +
          (folder.path() / "report").string() + "' --no-figures --bootstrap 20",
      folder.path());
  CAPTURE(report.err);
  REQUIRE(report.status == 0);
  std::size_t told = 0;
  for (const auto& point : csv_file(folder.path() / "report/sensitivity_points.csv")) {
    told += point.at("answer_changed").empty() ? 0U : 1U;
  }
  CHECK(told >= 1);
}

TEST_CASE("a run without points to attribute computes all other steps, then says so", "[command]") {
  const SamplingFolder folder;
  std::string call = folder.call("run", "--steps 2,5,6,7");
  call.replace(call.find("--interval 8"), 12, "--interval 39");  // longer than any solution
  const Finished done = extract(call, folder.path());
  CHECK(done.status == 1);
  const std::filesystem::path run = folder.path() / "run";
  for (const char* step : {"variance", "sensitivity", "clustering"}) {
    CHECK(std::filesystem::exists(run / step / "manifest.json"));
  }
  CHECK_FALSE(std::filesystem::exists(run / "attribution"));
  CHECK(done.err.ends_with(
      "sensitivity/bifurcation_points.json: no points, expected at least one: no greedy solution "
      "is longer than --interval and --window-stride together\n"));
  const Finished report =
      run_shell(program("analyze-sampling") + " '" + run.string() + "' --out '" +
                    (folder.path() / "report").string() + "' --no-figures --bootstrap 20",
                folder.path());
  CAPTURE(report.err);
  CHECK(report.status == 0);
}

TEST_CASE("a run of several steps that was stopped resumes to the same bytes", "[command]") {
  const SamplingFolder folder(6);
  const std::string options = "--steps 2,3,5,6,7 --problems-per-shard 1 --batch-size 4";
  REQUIRE(folder.extracted("whole", options).status == 0);
  const std::vector<std::string> steps{"variance", "manifold", "sensitivity", "clustering",
                                       "attribution"};  // as they run
  // Stopped in every step, as soon as it has a shard; attribution has but one.
  std::size_t stops = 0;
  for (const std::string& step : steps) {
    const std::string commit = (folder.path() / "part" / step / "commit/shard-00000.json").string();
    const Finished stopped = run_shell(
        "bash -c \"set -m; " + program("extract") + " " + folder.call("part", options) +
            " & pid=\\$!; until [ -e '" + commit +
            "' ] || ! kill -0 \\$pid; do sleep 0.002; done; kill -TERM \\$pid; wait \\$pid\"",
        folder.path());
    CAPTURE(step, stopped.err);
    CHECK((stopped.status == 75 || stopped.status == 0));
    stops += stopped.status == 75 ? 1U : 0U;
  }
  CHECK(stops >= 1);
  REQUIRE(folder.extracted("part", options).status == 0);
  for (const std::string& step : steps) {
    CHECK(tree(folder.path() / "part" / step) == tree(folder.path() / "whole" / step));
  }
}

TEST_CASE("tasks that compute a share each give the bytes of one process", "[command]") {
  // What a job array or a loop of tasks does: one step after another, the last task first.
  const SamplingFolder folder(5);
  const std::string options = "--problems-per-shard 1 --batch-size 4";
  REQUIRE(folder.extracted("whole", "--steps 2,3,5,6,7 " + options).status == 0);
  for (const char* step : {"variance", "manifold", "sensitivity", "attribution", "clustering"}) {
    for (const int task : {2, 1, 0}) {
      const Finished done =
          folder.extracted("shared", "--steps " + std::string(step) + " --shard " +
                                         std::to_string(task) + "/3 " + options);
      CAPTURE(step, task, done.err);
      REQUIRE(done.status == 0);
    }
    CHECK(tree(folder.path() / "shared" / step) == tree(folder.path() / "whole" / step));
  }
}
