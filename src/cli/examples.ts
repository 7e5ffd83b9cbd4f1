/** What stands below the flags in the help. */
export const EXAMPLES = `
In brackets stands the variable that sets the same. The flag wins over it, and
it over the file of --config; they do not add up. What that file says of one
webhook wins over all of them. In a list, commas, spaces or new lines separate.
Durations are written 500ms, 15s, 2m or 1h30m; sizes 64Mi or 1Gi.
Exit code: 0 done, 1 failed, 2 wrong usage.

Examples:
  Send every pod change of the current kubeconfig context to a receiver:
    k8svent --url https://hooks.example.com/pods --secret-file ./secret

  What would be sent now, as one line of JSON a pod:
    k8svent --once --namespace shop --selector app=web

  Two receivers, two namespaces, and nothing forgotten over a restart:
    k8svent -u ops=https://ops.example.com/k8s \\
      -u audit=https://audit.example.com/in \\
      -n team-a -n team-b --state ./k8svent.db

  Receivers that each have their own rules and credentials; is the file right?
    k8svent --config k8svent.yaml
    k8svent config check k8svent.yaml`;
