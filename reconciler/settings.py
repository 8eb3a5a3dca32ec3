"""What a process of the reconciler is told at its start: flags, parsed into one value."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certs.issue import Subject
from certs.lifecycle import Lifetimes
from reconciler import outgoing
from reconciler.asking import presets, prometheus
from reconciler.notifying import receiver
from reconciler.notifying.bodies import Form
from routing import names
from routing.kinds import WorkloadKind, named_workload
from routing.reading.defaults import DEADLINE_SECONDS
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom to ask how many requests were good, by which of `presets`, and how often (seconds).

    `custom` answers users' own queries; None: they are not asked.
    """

    place: prometheus.Place
    preset: str
    interval: int
    custom: prometheus.Place | None


@dataclass(frozen=True, slots=True)
class Notifying:
    """Whom to tell of rollouts, and in which form."""

    place: receiver.Place
    form: Form


@dataclass(frozen=True, slots=True)
class Settings:
    """The flags of `python -m reconciler`; `arguments` tells what each means.

    `certificates` is the folder of the serving certificate, None where somebody else (cert-manager) keeps it;
    `watch_namespace` the only one looked after, None for all; `patience` the seconds of the deletion
    deadline; `domain` the cluster's; `kubeconfig` None for the pod's own service account; `asking` None where
    there is no Prometheus, `notifying` where nobody is to be told; `workloads` the kinds that the
    administrator has named.
    """

    namespace: str
    release: str
    identity: str
    certificates: Path | None
    subject: Subject
    lifetimes: Lifetimes
    watch_namespace: str | None
    port: int
    kubeconfig: str | None
    patience: float
    domain: str
    log_level: str
    asking: Asking | None = None
    notifying: Notifying | None = None
    workloads: tuple[WorkloadKind, ...] = ()


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line (by default this process's).

    Exits with 2 when it is malformed.

    The certificate's names are the Service's three within the cluster, and those given beside them.
    """
    flags = _parser().parse_args(arguments)
    service = f"{flags.release}.{flags.namespace}"
    serving = (f"{service}.svc", service, f"{service}.svc.{flags.cluster_domain}", *flags.serving_name)
    return Settings(
        namespace=flags.namespace,
        release=flags.release,
        identity=flags.identity,
        certificates=flags.certificates,
        subject=Subject(flags.release, serving),
        lifetimes=Lifetimes(
            timedelta(seconds=flags.authority_lifetime), timedelta(seconds=flags.serving_lifetime)
        ),
        watch_namespace=flags.watch_namespace,
        port=flags.port,
        kubeconfig=flags.kubeconfig,
        patience=flags.deletion_deadline,
        domain=flags.cluster_domain,
        log_level=flags.log_level,
        asking=_asking(flags),
        notifying=_notifying(flags),
        workloads=tuple(flags.workload),
    )


def _asking(flags: argparse.Namespace) -> Asking | None:
    """Return whom to ask, None where no address is told."""
    if not flags.prometheus_url:
        return None
    place = prometheus.Place(
        flags.prometheus_url,
        flags.prometheus_timeout,
        flags.prometheus_token,
        flags.prometheus_authorities,
        dict(flags.prometheus_header),
    )
    custom = replace(place, url=flags.prometheus_custom_url or place.url)
    return Asking(
        place,
        flags.prometheus_preset,
        flags.prometheus_interval,
        custom if flags.prometheus_custom_queries else None,
    )


def _notifying(flags: argparse.Namespace) -> Notifying | None:
    """Return whom to tell, None where no address is told, nor where one is."""
    if not (flags.notify_url or flags.notify_url_file):
        return None
    place = receiver.Place(
        flags.notify_url or "",
        flags.notify_url_file,
        flags.notify_key,
        flags.notify_authorities,
        flags.notify_timeout,
    )
    return Notifying(place, Form(flags.notify_form))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reconciler", description="One process of the reconciler."
    )
    parser.add_argument("--namespace", required=True, help="the release's namespace")
    parser.add_argument("--release", default="teal", help="name of the Service, the Lease and so on")
    parser.add_argument("--identity", required=True, help="this replica's name in the Lease")
    parser.add_argument(
        "--certificates",
        type=Path,
        metavar="DIR",
        help="folder for the serving certificate; without it somebody else keeps certificates and caBundle",
    )
    lifetimes = Lifetimes()
    for name, life in (("authority", lifetimes.authority), ("serving", lifetimes.leaf)):
        parser.add_argument(
            f"--{name}-lifetime",
            type=float,
            default=life.total_seconds(),
            metavar="SECONDS",
            help="of its certificates; they are replaced after two thirds of it",
        )
    parser.add_argument("--watch-namespace", metavar="NAME", help="look after this namespace only")
    parser.add_argument("--port", type=int, default=8080, help="for health and metrics")
    parser.add_argument("--kubeconfig", help="for a run outside the cluster")
    parser.add_argument("--serving-name", action="append", default=[], help="another name in the certificate")
    parser.add_argument(
        "--deletion-deadline",
        type=float,
        default=DEADLINE_SECONDS,
        metavar="SECONDS",
        help="a deletion that can't be drained is let go after this time",
    )
    parser.add_argument(
        "--cluster-domain",
        default=names.DOMAIN,
        metavar="DOMAIN",
        help="the cluster's DNS domain (default: %(default)s)",
    )
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    _add_workloads(parser)
    _add_prometheus(parser)
    _add_notifying(parser)
    return parser


def _add_workloads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workload",
        type=workload,
        action="append",
        default=[],
        metavar="KIND",
        help="another that may be a version: plural.version.group=Kind,Condition[,-suffix of its Service]",
    )


def _add_prometheus(parser: argparse.ArgumentParser) -> None:
    """Add what the administrator says of Prometheus; the chart leaves it out where there is no address.

    Secrets come as files, never as flags, which whoever may see the pod can read.
    """
    asking = parser.add_argument_group("Prometheus, which tells rollouts how many requests were good")
    asking.add_argument("--prometheus-url", type=_url, metavar="URL", help="none: nothing is known")
    asking.add_argument(
        "--prometheus-preset",
        choices=[presets.ISTIO, presets.ENVOY],
        default=presets.ISTIO,
        help="whose metrics tell about requests (default: %(default)s)",
    )
    asking.add_argument(
        "--prometheus-interval",
        type=int,
        default=15,
        metavar="SECONDS",
        help="between two questions; no shorter than proxies are read (default: %(default)s)",
    )
    asking.add_argument(
        "--prometheus-timeout",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="of an answer as a whole (default: %(default)s)",
    )
    asking.add_argument("--prometheus-token", type=Path, metavar="FILE", help="with a bearer token")
    asking.add_argument(
        "--prometheus-authorities", type=Path, metavar="FILE", help="who signs, instead of all"
    )
    asking.add_argument(
        "--prometheus-header",
        type=prometheus.header,
        action="append",
        default=[],
        metavar="NAME: VALUE",
        help="of each request, such as X-Scope-OrgID: shop",
    )
    asking.add_argument(
        "--prometheus-custom-queries", action="store_true", help="ask users' own queries, too"
    )
    asking.add_argument("--prometheus-custom-url", type=_url, metavar="URL", help="who answers those")


def _add_notifying(parser: argparse.ArgumentParser) -> None:
    """Add whom the administrator wants to be told of rollouts; secrets come as files here, too."""
    telling = parser.add_argument_group("who is told of rollouts")
    where = telling.add_mutually_exclusive_group()
    where.add_argument("--notify-url", type=_receiver, metavar="URL", help="none: nobody")
    where.add_argument(
        "--notify-url-file", type=Path, metavar="FILE", help="with an address that is a secret"
    )
    telling.add_argument(
        "--notify-form",
        choices=[str(form) for form in Form],
        default=str(Form.CLOUD_EVENTS),
        help="what is sent (default: %(default)s)",
    )
    telling.add_argument("--notify-key", type=Path, metavar="FILE", help="with a key that signs")
    telling.add_argument("--notify-authorities", type=Path, metavar="FILE", help="who signs, instead of all")
    telling.add_argument(
        "--notify-timeout",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="of an answer as a whole (default: %(default)s)",
    )


def _receiver(text: str) -> str:
    """Return an address. Raises ArgumentTypeError with what is wrong with it."""
    if text and (wrong := outgoing.wrong_url(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no address to send to: {wrong}")
    return text


def workload(text: str) -> WorkloadKind:
    """Return a kind of workloads. Raises ArgumentTypeError with what is wrong with it."""
    try:
        return named_workload(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _url(text: str) -> str:
    """Return an address. Raises ArgumentTypeError with what is wrong with it."""
    if text and (wrong := prometheus.wrong_url(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no address of Prometheus: {wrong}")
    return text
