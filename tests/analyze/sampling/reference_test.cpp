// SPDX-License-Identifier: MIT
// The library functions that the analysis calls, against the float64 oracle of two tiny models.
#include "reference.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "shard/npy/npy.hpp"
#include "shard/text/json_file.hpp"
#include "temp_dir.hpp"

#include <phiscope/distance.hpp>
#include <phiscope/k_means.hpp>
#include <phiscope/logit_attribution.hpp>
#include <phiscope/mean_cosine.hpp>
#include <phiscope/strided_mean_pooling.hpp>
#include <phiscope/trace_covariance.hpp>

#include <cmath>
#include <cstring>

namespace phiscope::analyze::sampling::reference_test {

namespace {

/// oracle.json and the residual streams [sequence, layer + 1, token, unit] of a model.
class TinyOracle {
 public:
  explicit TinyOracle(const std::filesystem::path& folder) : folder_(folder) {
    const test::TempDir dir;
    const std::string archive = (folder / "oracle_f64.npz").string();
    const auto done = test::run_shell(
        "python3 -m zipfile -e '" + archive + "' '" + (dir.path() / "arrays").string() + "'",
        dir.path());
    if (done.status != 0) throw std::runtime_error(archive + ": " + done.err);
    const shard::NpyFile file(dir.path() / "arrays" / "s2_resid.npy");
    shape_ = file.shape();
    values_ = file.read<double>();
    json = shard::read_json(folder / "oracle.json");
  }

  nlohmann::json json = {};

  [[nodiscard]] std::size_t sequences() const { return shape_[0]; }
  [[nodiscard]] std::size_t rows() const { return shape_[1]; }  ///< layers and the embedding
  [[nodiscard]] std::size_t tokens() const { return shape_[2]; }
  [[nodiscard]] std::size_t units() const { return shape_[3]; }

  /// Tokens `begin` to `end` of a sequence after a layer; row 0 is the embedding.
  [[nodiscard]] MatrixView<double> stream(std::size_t sequence, std::size_t row, std::size_t begin,
                                          std::size_t end) const {
    const std::size_t first = ((sequence * rows() + row) * tokens() + begin) * units();
    return {std::span<const double>(values_).subspan(first, (end - begin) * units()), end - begin,
            units()};
  }
  /// The residuals of a position, [row, unit].
  [[nodiscard]] MatrixView<double> position(std::size_t sequence, std::size_t token) const {
    const std::size_t first = (sequence * rows() * tokens() + token) * units();
    return {std::span<const double>(values_).subspan(first), rows(), units(), tokens() * units()};
  }

  /// A float32 tensor of the checkpoint whose name ends so.
  [[nodiscard]] std::vector<double> tensor(const std::string& end) const {
    const std::string bytes = test::read_text(folder_ / "model.safetensors");
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), 8);
    const auto header = nlohmann::json::parse(bytes.substr(8, size));
    for (const auto& [name, entry] : header.items()) {
      if (!name.ends_with(end)) continue;
      const auto from = entry.at("data_offsets").at(0).get<std::size_t>();
      const auto to = entry.at("data_offsets").at(1).get<std::size_t>();
      std::vector<float> values((to - from) / 4);
      std::memcpy(values.data(), bytes.data() + 8 + size + from, to - from);
      return {values.begin(), values.end()};
    }
    throw std::runtime_error("no tensor " + end);
  }

 private:
  std::filesystem::path folder_;
  std::vector<std::uint64_t> shape_;
  std::vector<double> values_;
};

/// The oracle counts positions from 0 and pools those that are multiples of the stride; the
/// library counts tokens from 1, so the view begins stride - 1 before the first.
std::vector<double> pooled(const TinyOracle& oracle, std::size_t sequence, std::size_t row,
                           std::size_t begin, std::size_t end, PoolingOptions options,
                           bool on_multiples) {
  const std::size_t k = options.stride;
  const std::size_t first = on_multiples ? (begin + k - 1) / k * k : begin;
  // Where tokens before the first one are missing, the stride is met by dropping whole strides.
  if (first + 1 >= k) {
    return strided_mean_pooling(oracle.stream(sequence, row, first + 1 - k, end), options).mean;
  }
  const MatrixView<double> all = oracle.stream(sequence, row, 0, end);
  std::vector<double> sum(all.cols(), 0.0);
  double count = 0.0;
  for (std::size_t token = first; token < end; token += k, count += 1.0) {
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += all.row(token)[j];
  }
  for (double& x : sum) x /= count;
  return sum;
}

bool near(double found, double wanted, double tolerance) {
  return std::abs(found - wanted) <= tolerance * std::max(1.0, std::abs(wanted));
}

void check_pooling(const TinyOracle& oracle) {
  const auto& sampling = oracle.json.at("sampling");
  const auto prompt = sampling.at("prompt_len").get<std::size_t>();
  const auto generated = sampling.at("gen_len").get<std::size_t>();
  std::size_t cases = 0;
  for (const auto& each : sampling.at("cases")) {
    const PoolingOptions options{
        .stride = each.at("stride").get<std::size_t>(),
        .window = each.at("window").is_null() ? 0 : each.at("window").get<std::size_t>()};
    const auto checkpoint = each.at("checkpoint").get<std::size_t>();
    const std::size_t end = prompt + std::min(checkpoint, generated);
    std::vector<double> latents;
    for (std::size_t s = 0; s < oracle.sequences(); ++s) {
      const auto latent =
          pooled(oracle, s, each.at("layer").get<std::size_t>() + 1, prompt, end, options, true);
      latents.insert(latents.end(), latent.begin(), latent.end());
    }
    const MatrixView<double> rows(latents, oracle.sequences(), oracle.units());
    INFO(each.dump());
    CHECK(near(trace_covariance(rows).value(), each.at("trace_cov_ddof1").get<double>(), 1e-12));
    CHECK(near(scatter(rows) / static_cast<double>(rows.rows()),
               each.at("trace_cov_ddof0").get<double>(), 1e-12));
    CHECK(near(mean_cosine(rows).value(), each.at("avg_cosine").get<double>(), 1e-8));
    const auto head = each.at("first_latent_head").get<std::vector<double>>();
    for (std::size_t j = 0; j < head.size(); ++j) CHECK(near(latents[j], head[j], 1e-12));
    ++cases;
  }
  CHECK(cases == 72);
}

void check_divergence(const TinyOracle& oracle) {
  for (const auto& each : oracle.json.at("path_divergence")) {
    const auto stride = each.at("stride").get<std::size_t>();
    const auto start = each.at("start_layer").get<std::size_t>();
    const auto divergence = [&](std::size_t begin, std::size_t end) {
      std::vector<double> sums(2 * oracle.units(), 0.0);
      for (std::size_t s = 0; s < 2; ++s) {
        for (std::size_t row = start + 1; row < oracle.rows(); ++row) {
          const auto latent = pooled(oracle, s, row, begin, end, {.stride = stride}, false);
          for (std::size_t j = 0; j < latent.size(); ++j) {
            sums[s * oracle.units() + j] +=
                latent[j] / static_cast<double>(oracle.rows() - start - 1);
          }
        }
      }
      const MatrixView<double> both(sums, 2, oracle.units());
      return distance(both.row(0), both.row(1));
    };
    CHECK(near(divergence(11, 43), each.at("window_P_to_P32").get<double>(), 1e-12));
    CHECK(near(divergence(0, oracle.tokens()), each.at("as_written").get<double>(), 1e-12));
  }
}

void check_attribution(const TinyOracle& oracle, bool centres, const std::string& embedding,
                       const std::string& norm) {
  const auto unembedding = oracle.tensor(embedding);
  const auto weight = oracle.tensor(norm + ".weight");
  const auto bias = centres ? oracle.tensor(norm + ".bias") : std::vector<double>();
  const FinalNorm final{.kind = centres ? FinalNorm::Kind::layer : FinalNorm::Kind::rms,
                        .weight = weight,
                        .bias = bias,
                        .epsilon = 1e-5};
  for (const auto& each : oracle.json.at("attribution")) {
    const auto top = each.at("top").get<std::vector<std::size_t>>();
    std::vector<double> direction;
    for (std::size_t j = 0; j < oracle.units(); ++j) {
      direction.push_back(unembedding[top[0] * oracle.units() + j] -
                          unembedding[top[1] * oracle.units() + j]);
    }
    const auto residuals = oracle.position(each.at("seq").get<std::size_t>(), oracle.tokens() - 1);
    const auto check = [&](AttributionNorm how, const char* name) {
      const auto found =
          logit_attribution(residuals, std::span<const double>(direction), final, how);
      const auto wanted = each.at(name).get<std::vector<double>>();
      REQUIRE(found.contributions.size() == wanted.size());
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(near(found.contributions[i], wanted[i], 1e-12));
      }
      return found;
    };
    static_cast<void>(check(AttributionNorm::published, "as_written"));
    static_cast<void>(check(AttributionNorm::raw, "raw_residual"));
    const auto frozen = check(AttributionNorm::frozen, "frozen_norm");
    CHECK(near(frozen.bias, each.at("frozen_norm_bias").get<double>(), 1e-12));
    CHECK(near(frozen.total.value(), each.at("logit_diff").get<double>(), 1e-10));
  }
}

/// Squared lengths of the differences and cosines of all pairs of rows, each the slow way.
struct SlowPairs {
  double squared = 0.0;
  double cosines = 0.0;
  double count = 0.0;
};

SlowPairs slow_pairs(MatrixView<float> rows) {
  const auto product = [&rows](std::size_t a, std::size_t b) {
    double sum = 0.0;
    for (std::size_t j = 0; j < rows.cols(); ++j) sum += double{rows.row(a)[j]} * rows.row(b)[j];
    return sum;
  };
  SlowPairs pairs;
  for (std::size_t a = 0; a < rows.rows(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      for (std::size_t j = 0; j < rows.cols(); ++j) {
        const double difference = double{rows.row(a)[j]} - rows.row(b)[j];
        pairs.squared += difference * difference;
      }
      pairs.cosines += product(a, b) / std::sqrt(product(a, a) * product(b, b));
      pairs.count += 1.0;
    }
  }
  return pairs;
}

}  // namespace

TEST_CASE("spread and clusters of latents of a real model, by pairs",
          "[reference][needs_reference]") {
  const auto reference = test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const shard::NpyFile file(*reference /
                            "published/latents/codi_llama_ct_hidden_20x6x2048_f32.npy");
  REQUIRE(file.shape() == std::vector<std::uint64_t>{20, 6, 2048});
  const auto values = file.view<float>();
  for (std::size_t step = 0; step < 6; ++step) {
    const MatrixView<float> rows(values.subspan(step * 2048), 20, 2048, 6 * 2048);
    const SlowPairs pairs = slow_pairs(rows);
    CAPTURE(step);
    CHECK(trace_covariance(rows).value() == Approx(pairs.squared / (20.0 * 19.0)).epsilon(1e-12));
    CHECK(mean_cosine(rows).value() == Approx(pairs.cosines / pairs.count).margin(1e-12));
    const KMeans found = k_means(rows, {.clusters = 3, .restarts = 10});
    REQUIRE(found.labels.size() == 20);
    double inertia = 0.0;
    for (std::size_t i = 0; i < 20; ++i) {
      const auto to = [&](std::size_t cluster) {
        return squared_distance(
            rows.row(i), std::span<const double>(found.centres).subspan(cluster * 2048, 2048));
      };
      const auto own = static_cast<std::size_t>(found.labels[i]);
      for (std::size_t cluster = 0; cluster < 3; ++cluster) {
        CHECK(to(own) <= to(cluster) * (1.0 + 1e-5));  // products of float
      }
      inertia += to(own);
    }
    CHECK(found.inertia.value() == Approx(inertia).epsilon(1e-10));
    CHECK(inertia < pairs.squared / 20.0);
  }
}

TEST_CASE("latents, variances, cosines, divergences and contributions of a tiny Llama",
          "[reference][needs_reference]") {
  const auto reference = test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const TinyOracle oracle(*reference / "codi_tiny" / "llama");
  check_pooling(oracle);
  check_divergence(oracle);
  check_attribution(oracle, false, "embed_tokens.weight", "model.model.norm");
}

TEST_CASE("the same of a tiny GPT-2, whose final norm centres and has a bias",
          "[reference][needs_reference]") {
  const auto reference = test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const TinyOracle oracle(*reference / "codi_tiny" / "gpt2");
  check_pooling(oracle);
  check_divergence(oracle);
  check_attribution(oracle, true, "wte.weight", "ln_f");
}

}  // namespace phiscope::analyze::sampling::reference_test
