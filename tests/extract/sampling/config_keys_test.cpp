// SPDX-License-Identifier: MIT
#include "sampling_folder.hpp"

#include <string_view>

using namespace phiscope::test;

namespace {

/// A configuration of the published names, in a folder of its own.
class ConfigFolder {
 public:
  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }

  /// Every key that there is; %P stands for the folder's path.
  static std::string every_key() {
    return "experiment_name = \"first\"\noutput_dir = \"%P/results\"\n"
           "data_path = \"" +
           SamplingFolder::problems().string() +
           "\"\n"
           "dataset_limit = 2\nn_samples_per_problem = 3\nvariance_layers = [0, 2]\n"
           "latent_sampling_stride = 4\nlatent_pooling_window = 5\ntarget_layer = 1\n"
           "task_name = \"words\"\nseed = 7\ntemperatures = [0.0, 1.0]\nseeds = [1, 2]\n"
           "oracle_model = \"some/model\"\n"
           "[model]\nmodel_name_or_path = \"" +
           SamplingFolder::model().string() +
           "\"\n"
           "device = \"cpu\"\ndtype = \"float64\"\nattn_implementation = \"eager\"\n"
           "trust_remote_code = true\nload_in_8bit = false\nload_in_4bit = false\n"
           "[generation]\nmax_new_tokens = 24\ndo_sample = true\ntemperature = 0.7\n"
           "top_p = 0.9\ntop_k = 30\nrepetition_penalty = 1.1\n"
           "[variance_exp]\ntemperatures = [0, 0.5, 1.25]\ntoken_checkpoints = [8, 16]\n"
           "max_new_tokens = 16\n"
           "[manifold_exp]\nenabled = true\noracle_percentage = 0.4\noracle_file = \"" +
           SamplingFolder::problems().string() +
           "\"\n"
           "[sensitivity_exp]\nenabled = true\nbifurcation_step_interval = 6\n"
           "lookahead_tokens = 5\nmax_new_tokens = 10\nstride = 2\n"
           "[attribution_exp]\nenabled = true\ntop_n_points = 3\nnorm = \"frozen\"\n"
           "[clustering]\nenabled = true\nn_clusters = 2\ntemperature = 0.6\nlayer = 3\n"
           "judge_model = \"some/judge\"\njudge_enabled = true\nmax_new_tokens = 20\n"
           "[steering]\nenabled = false\n[steering_exp]\nlayers = [20]\n";
  }

  Finished run(std::string text, const std::string& more = "") const {
    for (std::size_t at; (at = text.find("%P")) != std::string::npos;) {
      text.replace(at, 2, path().string());
    }
    write_text(path() / "run.toml", text);
    return extract("sampling --config '" + (path() / "run.toml").string() + "' " + more, path());
  }

  [[nodiscard]] nlohmann::json plan(const std::string& step) const {
    return nlohmann::json::parse(read_text(path() / "results/first" / step / "plan.json"));
  }

 private:
  TempDir dir_;
};

/// The text with a line in place of that which begins so.
std::string with_line(std::string text, const std::string& begin, const std::string& line) {
  const std::size_t at = text.find("\n" + begin) + 1;
  text.replace(at, text.find('\n', at) - at, line);
  return text;
}

}  // namespace

TEST_CASE("a configuration with every published name gives the runs that it says",
          "[config_keys]") {
  const ConfigFolder folder;
  const Finished done = folder.run(ConfigFolder::every_key());
  CAPTURE(done.err);
  REQUIRE(done.status == 0);

  const nlohmann::json variance = folder.plan("variance");
  const auto& options = variance.at("options");
  CHECK(variance.at("problems").size() == 2);
  CHECK(options.at("limit") == 2);
  CHECK(options.at("samples") == 3);
  CHECK(options.at("layers") == nlohmann::json{0, 1, 2});  // the target layer was added
  CHECK(options.at("stride") == 4);
  CHECK(options.at("pooling_window") == 5);
  CHECK(options.at("task_name") == "words");
  CHECK(options.at("seed") == 7);
  CHECK(options.at("temperatures") == nlohmann::json{0.0, 0.5, 1.25});
  CHECK(options.at("checkpoints") == nlohmann::json{8, 16});
  CHECK(options.at("max_new_tokens") == 16);
  CHECK(options.at("top_p") == 0.9);
  CHECK(options.at("top_k") == 30);
  CHECK(options.at("repetition_penalty") == 1.1);
  CHECK(variance.at("target_layer") == 1);
  CHECK(variance.at("numerics").at("dtype") == "float64");
  CHECK(variance.at("numerics").at("device") == "cpu");

  const nlohmann::json manifold = folder.plan("manifold");
  CHECK(manifold.at("options").at("prefix_share") == 0.4);
  CHECK(manifold.at("options").at("oracle") == options.at("problems"));
  CHECK(manifold.at("options").at("max_new_tokens") == 24);
  CHECK(manifold.at("options").at("layers") == nlohmann::json{0, 1, 2, 3});
  const nlohmann::json sensitivity = folder.plan("sensitivity");
  CHECK(sensitivity.at("options").at("interval") == 6);
  CHECK(sensitivity.at("options").at("lookahead") == 10);
  CHECK(sensitivity.at("options").at("window_stride") == 2);
  const nlohmann::json attribution = folder.plan("attribution");
  CHECK(attribution.at("options").at("top_points") == 3);
  const nlohmann::json clustering = folder.plan("clustering");
  CHECK(clustering.at("clusters") == 2);
  CHECK(clustering.at("options").at("temperatures") == nlohmann::json{0.6});
  CHECK(clustering.at("options").at("max_new_tokens") == 20);
  CHECK(clustering.at("target_layer") == 3);
}

TEST_CASE("what has no effect is said once, on standard error and in the log", "[config_keys]") {
  const ConfigFolder folder;
  const Finished done = folder.run(ConfigFolder::every_key(), "--steps variance");
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  const std::string log = read_text(folder.path() / "results/first/variance/extract-0-of-1.log");
  for (const char* key :
       {"temperatures", "seeds", "oracle_model", "sensitivity_exp.lookahead_tokens",
        "model.attn_implementation", "model.trust_remote_code", "model.load_in_8bit",
        "model.load_in_4bit", "generation.do_sample", "generation.temperature",
        "attribution_exp.norm", "clustering.judge_model", "clustering.judge_enabled", "steering",
        "steering_exp"}) {
    CAPTURE(key);
    const std::string note = ": " + std::string(key) + " has no effect: ";
    const std::size_t first = done.err.find(note);
    CHECK(first != std::string::npos);
    CHECK(done.err.find(note, first + 1) == std::string::npos);
    CHECK_THAT(log, Contains(note));
  }
  std::size_t notes = 0;
  for (std::size_t at = 0; (at = done.err.find("has no effect", at)) != std::string::npos; ++at) {
    ++notes;
  }
  CHECK(notes == 15);
  CHECK_THAT(done.err, Contains("run.toml: line 12: temperatures has no effect"));
}

TEST_CASE("the command line wins, and steps that are switched off do not run", "[config_keys]") {
  const ConfigFolder folder;
  std::string text = ConfigFolder::every_key();
  for (const char* table : {"[manifold_exp]", "[attribution_exp]", "[clustering]"}) {
    const std::size_t at = text.find(table) + std::string_view(table).size();
    text.replace(at, text.find('\n', at + 1) - at, "\nenabled = false");
  }
  const Finished printed = folder.run(text, "--samples 5 --temperatures 0.25 --print-config");
  CAPTURE(printed.err);
  REQUIRE(printed.status == 0);
  CHECK_THAT(printed.out, Contains("samples = '5'") && Contains("temperatures = '0.25'"));
  CHECK_THAT(printed.out, Contains("steps = 'variance,sensitivity'"));
  const Finished done = folder.run(text, "--samples 2 --dry-run");
  REQUIRE(done.status == 0);
  CHECK(std::ranges::count(done.out, '\n') == 2);
  // What was printed has no name but those of flags: temperatures is one of them again.
  const Finished again = folder.run(printed.out, "--print-config");
  CAPTURE(again.err);
  CHECK(again.out == printed.out);
  CHECK(again.err.empty());
}

TEST_CASE("keys that are unknown, of another type or set twice are named", "[config_keys]") {
  const ConfigFolder folder;
  const auto refused = [&](const std::string& text, const std::string& reason) {
    const Finished done = folder.run(text);
    CAPTURE(text, done.err, reason);
    CHECK(done.status == 1);
    CHECK_THAT(done.err, Contains("run.toml: line ") && Contains(reason));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "results"));
  };
  const std::string every = ConfigFolder::every_key();
  refused(with_line(every, "token_checkpoints", "token_checkpoint = [8]"),
          "variance_exp.token_checkpoint: unknown key, expected one of temperatures, "
          "token_checkpoints, max_new_tokens");
  refused(with_line(every, "dataset_limit", "dataset_limits = 2"),
          "line 4: dataset_limits: unknown key, expected a flag of extract sampling or one of "
          "experiment_name, output_dir");
  refused(with_line(every, "[clustering]", "[clusters]"),
          "clusters: unknown table, expected a subcommand's name or one of model, generation");
  refused(with_line(every, "n_samples_per_problem", "n_samples_per_problem = \"3\""),
          "n_samples_per_problem: found a string, expected a whole number");
  refused(with_line(every, "n_samples_per_problem", "n_samples_per_problem = 3.0"),
          "n_samples_per_problem: found a number with decimals, expected a whole number");
  refused(with_line(every, "variance_layers", "variance_layers = [0, \"all\"]"),
          "variance_layers: found a list, expected a list of whole numbers");
  refused(with_line(every, "top_p", "top_p = [0.9]"),
          "generation.top_p: found a list, expected a number");
  refused(with_line(every, "judge_enabled", "judge_enabled = 1"),
          "clustering.judge_enabled: found a whole number, expected true or false");
  refused(with_line(every, "temperatures = [0.0", "temperatures = 1.0"),
          "temperatures: found a number with decimals, expected a list of numbers");
  refused("steering = true\n", "steering: found a boolean, expected a table");
  refused(every + "[sampling]\nsamples = 4\n", "another key of the file sets --samples as well");
}
