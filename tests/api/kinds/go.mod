// Whose CRDs the chart's optional objects are checked against. Nothing is built from these.
module teal.example/kinds

go 1.26

require (
	github.com/argoproj/argo-rollouts v1.8.5
	github.com/cert-manager/cert-manager v1.21.2
	github.com/kserve/kserve v0.15.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
)
