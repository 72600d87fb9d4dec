// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/logit_attribution.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::AttributionNorm;
using phiscope::FinalNorm;
using phiscope::logit_attribution;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

namespace {

/// direction . norm(last residual), straight from the definition of the two norms.
double logit_difference(const std::vector<double>& last, const std::vector<double>& direction,
                        const FinalNorm& norm) {
  const auto n = static_cast<double>(last.size());
  double mean = 0.0;
  double square = 0.0;
  for (const double x : last) {
    mean += x / n;
    square += x * x / n;
  }
  const bool layer = norm.kind == FinalNorm::Kind::layer;
  const double spread = layer ? square - mean * mean : square;
  double difference = 0.0;
  for (std::size_t j = 0; j < last.size(); ++j) {
    const double normed = (last[j] - (layer ? mean : 0.0)) / std::sqrt(spread + norm.epsilon);
    difference += direction[j] * normed * norm.weight[j];
    if (!norm.bias.empty()) difference += direction[j] * norm.bias[j];
  }
  return difference;
}

double sum_of(const std::vector<double>& numbers) {
  double sum = 0.0;
  for (const double x : numbers) sum += x;
  return sum;
}

}  // namespace

TEST_CASE("the attribution of two units over three layers", "[logit_attribution]") {
  const std::vector<double> residuals{1, 0, 1, 2, 3, 4};
  const std::vector<double> direction{1, -1};
  const std::vector<double> weight{2, 1};
  const FinalNorm rms{.weight = weight, .bias = {}, .epsilon = 0.0};
  const MatrixView<double> rows(residuals, 3, 2);
  const double scale = 1.0 / std::sqrt(12.5);  // rms of (3, 4)
  const auto frozen = logit_attribution(rows, direction, rms);
  REQUIRE(frozen.contributions.size() == 3);
  CHECK(frozen.contributions[0] == Approx(2.0 * scale).epsilon(1e-15));
  CHECK(frozen.contributions[1] == Approx(-2.0 * scale).epsilon(1e-15));
  CHECK(frozen.contributions[2] == Approx(2.0 * scale).epsilon(1e-15));
  CHECK(frozen.total.value() == Approx(2.0 * scale).epsilon(1e-15));
  const auto raw = logit_attribution(rows, direction, rms, AttributionNorm::raw);
  CHECK(raw.contributions == std::vector<double>{1, -2, 0});
  CHECK(raw.total == Value(-1.0));
  const auto published = logit_attribution(rows, direction, rms, AttributionNorm::published);
  CHECK(published.contributions[1] == -2.0);
  CHECK(published.contributions[2] == Approx(2.0 * scale + 1.0).epsilon(1e-15));

  // LayerNorm of (3, 4) is (-1, 1) and its scale 2; the bias is an entry of its own.
  const std::vector<double> bias{10, 3};
  const FinalNorm layer{FinalNorm::Kind::layer, weight, bias, 0.0};
  const auto centred = logit_attribution(rows, direction, layer);
  CHECK(centred.contributions == std::vector<double>{3, -6, 0});
  CHECK(centred.bias == 7.0);
  CHECK(centred.total == Value(4.0));
}

TEST_CASE("frozen and published contributions sum to the difference of the logits",
          "[logit_attribution]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto kind = GENERATE(FinalNorm::Kind::rms, FinalNorm::Kind::layer);
  CAPTURE(seed);
  const auto x = random_rows(seed, 6, 19, 3.0, 0.5);
  const auto parameters = random_rows(seed + 50, 3, 19, 1.0, 0.2);
  const FinalNorm norm{kind, parameters.view().row(0), parameters.view().row(1), 1e-5};
  const std::vector<double> direction(parameters.view().row(2).begin(),
                                      parameters.view().row(2).end());
  const std::vector<double> last(x.view().row(5).begin(), x.view().row(5).end());
  const double expected = logit_difference(last, direction, norm);
  const auto frozen = logit_attribution(x.view(), direction, norm);
  CHECK(frozen.total.value() == Approx(expected).epsilon(1e-12));
  CHECK(sum_of(frozen.contributions) + frozen.bias == Approx(expected).epsilon(1e-12));
  const auto published = logit_attribution(x.view(), direction, norm, AttributionNorm::published);
  CHECK(published.total.value() == Approx(expected).epsilon(1e-12));
  CHECK(published.bias == 0.0);
  const auto raw = logit_attribution(x.view(), direction, norm, AttributionNorm::raw);
  CHECK(raw.total.value() == Approx(phiscope::dot<double, double>(direction, last)).epsilon(1e-12));
  for (std::size_t entry = 0; entry < 5; ++entry) {
    CHECK(published.contributions[entry] == raw.contributions[entry]);
  }
}

TEST_CASE("one entry is one frozen application of the norm", "[logit_attribution]") {
  // The contribution of layer 2, from the definition: scale of the last row, applied to a
  // difference.
  const auto x = random_rows(7, 4, 8);
  const std::vector<double> direction(8, 0.5);
  const std::vector<double> weight(8, 3.0);
  double square = 0.0;
  double step = 0.0;
  for (std::size_t j = 0; j < 8; ++j) {
    square += x.view().row(3)[j] * x.view().row(3)[j] / 8.0;
    step += x.view().row(2)[j] - x.view().row(1)[j];
  }
  const auto found = logit_attribution(x.view(), direction, {.weight = weight, .bias = {}});
  CHECK(found.contributions[2] == Approx(1.5 * step / std::sqrt(square + 1e-5)).epsilon(1e-13));
}

TEST_CASE("rows may be float and lie apart", "[logit_attribution]") {
  const auto x = random_rows<float>(8, 5, 11);
  const auto in_double = random_rows<double>(8, 5, 11);
  const std::vector<double> ones(11, 1.0);
  const FinalNorm norm{.weight = ones, .bias = {}};
  const phiscope::test::StridedRows<float> strided(x.view());
  const auto found = logit_attribution(x.view(), ones, norm);
  CHECK(logit_attribution(strided.view(), ones, norm).contributions == found.contributions);
  CHECK(logit_attribution(in_double.view(), ones, norm).total.value() ==
        Approx(found.total.value()).epsilon(1e-5));
}

TEST_CASE("attribution without a layer or with a broken residual is undefined",
          "[logit_attribution]") {
  const std::vector<double> ones{1, 1};
  const std::vector<double> short_one{1};
  const FinalNorm norm{.weight = ones, .bias = {}};
  const auto none = logit_attribution(MatrixView<double>({}, 0, 2), ones, norm);
  CHECK(none.total == Value(Status::too_few_rows));
  CHECK(none.contributions.empty());
  const std::vector<double> broken{1, 2, std::numeric_limits<double>::quiet_NaN(), 4};
  const MatrixView<double> rows(broken, 2, 2);
  CHECK(logit_attribution(rows, ones, norm).total == Value(Status::nonfinite));
  // A zero residual with epsilon 0 has no scale.
  const std::vector<double> zeros(4, 0.0);
  const FinalNorm bare{.weight = ones, .bias = {}, .epsilon = 0.0};
  CHECK(logit_attribution(MatrixView<double>(zeros, 2, 2), ones, bare).total ==
        Value(Status::nonfinite));
  CHECK_THROWS_WITH(logit_attribution(rows, short_one, norm), Contains("direction has 1 units"));
  CHECK_THROWS_WITH(logit_attribution(rows, ones, {.weight = short_one, .bias = {}}),
                    Contains("weight has 1 units"));
  CHECK_THROWS_WITH(logit_attribution(rows, ones, {.weight = ones, .bias = short_one}),
                    Contains("bias has 1 units"));
}
