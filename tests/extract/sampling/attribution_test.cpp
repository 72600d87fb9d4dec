// SPDX-License-Identifier: MIT
// The step attribution: its points, and what its numbers add up to.
#include "analyze/csv_records.hpp"
#include "sampling_folder.hpp"
#include "shard/file/sha256.hpp"

#include <cmath>

using namespace phiscope::test;

TEST_CASE("contributions of layers add up to the difference of the two scores", "[attribution]") {
  const SamplingFolder folder;
  const auto [dtype, tolerance] =
      GENERATE(table<std::string, double>({{"float32", 3e-6}, {"float64", 1e-10}}));
  const std::string options = "--dtype " + dtype + " ";
  folder.run("run", "sensitivity", options);
  const PatchingRun run = folder.run("run", "attribution", options + "--top-points 3");
  const auto points =
      nlohmann::json::parse(read_text(folder.path() / "run/sensitivity/bifurcation_points.json"))
          .at("points");
  const std::filesystem::path out = folder.path() / "run/attribution";
  const auto directions = phiscope::shard::NpyFile(out / "directions.npy").read<double>();
  const auto norm = phiscope::shard::NpyFile(out / "final_norm.npy").read<double>();
  const StoredRows scores = run.rows("token_score", "choice");
  const StoredRows residuals = run.rows("resid", "point");
  REQUIRE(residuals.size() == 3);
  constexpr std::size_t hidden = 128;
  CHECK(directions.size() == 3 * hidden);
  CHECK(norm.size() == 2 * hidden);
  CHECK(run.details().at("norm") == "rms");
  for (std::int64_t p = 0; p < 3; ++p) {
    const auto at = static_cast<std::size_t>(p);
    CHECK(run.details().at("points").at(at).at("top2") == points.at(at).at("top2"));
    const std::vector<double>& x = residuals.at({p});
    REQUIRE(x.size() == 5 * hidden);  // the embedding and four blocks
    double squares = 0.0;
    for (std::size_t i = 4 * hidden; i < x.size(); ++i) squares += x[i] * x[i];
    const double scale = 1.0 / std::sqrt(squares / hidden + 1e-5);
    double sum = 0.0;
    double largest = 1.0;
    for (std::size_t entry = 0; entry < 5; ++entry) {
      double contribution = 0.0;
      for (std::size_t i = 0; i < hidden; ++i) {
        const double before = entry == 0 ? 0.0 : x[(entry - 1) * hidden + i];
        contribution +=
            directions[at * hidden + i] * norm[i] * scale * (x[entry * hidden + i] - before);
      }
      sum += contribution;
      largest = std::max(largest, std::abs(contribution));
    }
    const double wanted = scores.at({p, 0}).at(0) - scores.at({p, 1}).at(0);
    CAPTURE(dtype, p, sum, wanted);
    CHECK(std::abs(sum - wanted) <= tolerance * largest);
    CHECK(wanted > 0.0);  // the best token is the first of the two
  }
}

TEST_CASE("contributions add up for every norm, in a report on small models", "[attribution]") {
  const SamplingFolder folder;
  write_text(folder.path() / "questions.jsonl",
             "{\"id\": \"a\", \"question\": \"abc def\", \"answer\": \"1\"}\n"
             "{\"id\": \"b\", \"question\": \"de fab\", \"answer\": \"2\"}\n");
  // RMSNorm, LayerNorm with a bias and tied head, Gemma's 1 + w, a soft cap, divided logits.
  for (const char* name : {"llama", "gpt2", "gemma3_text", "gemma2", "granite"}) {
    for (const auto& [dtype, tolerance] :
         {std::pair{"float32", 3e-6}, std::pair{"float64", 1e-10}}) {
      CAPTURE(name, dtype);
      const std::filesystem::path out = folder.path() / (std::string(name) + dtype);
      const std::filesystem::path model = source_dir() / "tests/golden/models" / name / "model";
      const Finished done = extract(
          "sampling --model '" + model.string() + "' --problems '" +
              (folder.path() / "questions.jsonl").string() + "' --prompt-template '" +
              (folder.path() / "template").string() +
              "' --steps 5,6 --max-new-tokens 24 --interval 6 --lookahead 6 --window-stride 2 "
              "--stride 2 --checkpoints 4,8 --top-points 4 --dtype " +
              dtype + " --out '" + out.string() + "'",
          folder.path());
      CAPTURE(done.err);
      REQUIRE(done.status == 0);
      const Finished report =
          run_shell(program("analyze-sampling") + " '" + out.string() + "' --out '" +
                        (out / "report").string() + "' --no-figures --bootstrap 20",
                    folder.path());
      CAPTURE(report.err);
      REQUIRE(report.status == 0);
      const auto points = csv_file(out / "report/attribution_points.csv");
      REQUIRE(points.size() >= 2);
      const StoredRows scores = PatchingRun(out / "attribution").rows("token_score", "choice");
      for (std::size_t p = 0; p < points.size(); ++p) {
        const auto number = [&](const char* column) { return std::stod(points[p].at(column)); };
        const auto key = static_cast<std::int64_t>(p);
        // gemma2 squeezes a score x to 5 tanh(x / 5); the contributions add up to what it squeezes.
        const bool capped = std::string(name) == "gemma2";
        const auto whole = [capped](double score) {
          return capped ? 5.0 * std::atanh(score / 5.0) : score;
        };
        const double wanted = whole(scores.at({key, 0}).at(0)) - whole(scores.at({key, 1}).at(0));
        CHECK(std::abs(number("sum_frozen") - wanted) <= tolerance * number("scale"));
        CHECK(points[p].at("error_frozen").empty() == capped);
      }
    }
  }
}

TEST_CASE("points of other prompts, or of a run that is not complete, are refused",
          "[attribution]") {
  const SamplingFolder folder;
  folder.run("run", "sensitivity", "");
  const std::filesystem::path run = folder.path() / "run/sensitivity";
  const auto points = nlohmann::json::parse(read_text(run / "bifurcation_points.json"));
  const auto refused = [&](const nlohmann::json& changed, const std::string& reason) {
    write_text(folder.path() / "points.json", changed.dump());
    const Finished done = folder.extracted(
        "other", "--steps 6 --points '" + (folder.path() / "points.json").string() + "'");
    CAPTURE(reason, done.err);
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "other"));
  };
  nlohmann::json changed = points;
  changed["points"][0]["problem_id"] = "words-200";
  refused(changed,
          "points[0].problem_id is 'words-200', expected one of the problems that are run");
  changed = points;
  auto& ids = changed["points"][1]["input_ids"];
  ids[0] = ids[0].get<int>() == 7 ? 8 : 7;
  refused(changed, "points[1].input_ids");
  changed = points;
  changed["points"][0]["t"] = changed["points"][0]["t"].get<int>() - 1;
  refused(changed, "points[0].input_ids");
  // The template is another: the same problems have other prompts.
  write_text(folder.path() / "points.json", points.dump());
  std::string call =
      folder.call("other", "--steps 6 --points '" + (folder.path() / "points.json").string() + "'");
  write_text(folder.path() / "template-2", "Q: {problem}");
  const std::string form = (folder.path() / "template").string() + "'";
  call.replace(call.find(form), form.size(), (folder.path() / "template-2").string() + "'");
  CHECK_THAT(extract(call, folder.path()).err, Contains("ids of the problem's prompt and t"));
  // The run of the points is named by its manifest, and has to be complete.
  REQUIRE(folder.extracted("run", "--steps 6").status == 0);
  const auto plan = nlohmann::json::parse(read_text(folder.path() / "run/attribution/plan.json"));
  CHECK(plan.at("options").at("points_run") == phiscope::shard::sha256_file(run / "manifest.json"));
  CHECK(plan.at("options").at("points") ==
        phiscope::shard::sha256_file(run / "bifurcation_points.json"));
  std::filesystem::remove_all(folder.path() / "run/attribution");
  std::filesystem::remove(run / "manifest.json");
  const Finished unfinished = folder.extracted("run", "--steps 6");
  CHECK(unfinished.status == 1);
  CHECK_THAT(unfinished.err, Contains("run/sensitivity: the run is not complete, expected one that "
                                      "is; the command that began it"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run/attribution"));
}

TEST_CASE("points of another model are refused", "[attribution]") {
  const SamplingFolder folder;
  folder.run("run", "sensitivity", "");
  const std::filesystem::path file = folder.path() / "run/sensitivity/bifurcation_points.json";
  auto points = nlohmann::json::parse(read_text(file));
  const auto refused = [&](const std::string& reason) {
    write_text(folder.path() / "points.json", points.dump());
    const Finished done = folder.extracted(
        "other", "--steps 6 --points '" + (folder.path() / "points.json").string() + "'");
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "other/attribution"));
  };
  points["points"][0]["top1"] = 5000;
  refused("top1");
  points["model"]["tokenizer.json"] = "0";
  refused("the model's files have other digests");
  points["schema"] = "other";
  refused("schema");
  const Finished none = folder.extracted("other", "--steps attribution");
  CHECK(none.status == 1);
  CHECK_THAT(none.err, Contains("bifurcation_points.json: found no file"));
}

TEST_CASE("a file of points that is none is refused by member, found and expected",
          "[attribution]") {
  const SamplingFolder folder;
  folder.run("run", "sensitivity", "");
  const auto points =
      nlohmann::json::parse(read_text(folder.path() / "run/sensitivity/bifurcation_points.json"));
  const std::filesystem::path file = folder.path() / "points.json";
  const auto refusal = [&](const auto& change) {
    nlohmann::json changed = points;
    change(changed);
    write_text(file, changed.dump());
    const Finished done = folder.extracted("other", "--steps 6 --points '" + file.string() + "'");
    CHECK(done.status == 1);
    CHECK(done.out.empty());
    CHECK_FALSE(std::filesystem::exists(folder.path() / "other"));
    return done.err;
  };
  const std::string begin = "error: " + file.string() + ": ";
  CHECK(refusal([](auto& whole) { whole.erase("model"); }) ==
        begin + "model is missing, expected an object\n");
  CHECK(refusal([](auto& whole) { whole["model"] = "words"; }) ==
        begin + "model is 'words', expected an object\n");
  CHECK(refusal([](auto& whole) { whole["points"][0]["distance"] = "x"; }) ==
        begin + "points[0].distance is 'x', expected a number\n");
  CHECK(refusal([](auto& whole) { whole["points"][1].erase("distance"); }) ==
        begin + "points[1].distance is missing, expected a number\n");
  CHECK(refusal([](auto& whole) { whole["points"][0]["t"] = 4294967297; }) ==
        begin + "points[0].t is 4294967297, expected an integer in [1, 2147483647]\n");
  CHECK_THAT(
      refusal([](auto& whole) { whole["points"][0]["input_ids"].back() = 18446744073709551615U; }),
      Contains(begin + "points[0].input_ids is [") && Contains("expected token ids below "));
}
