/** What follows the flags in the help. */
export const EXAMPLES = `
The variable in brackets sets the same value as the flag. A flag overrides its
variable, a variable the file of --config; what that file says about a single
webhook overrides all of them. Separate the values of a list with commas,
spaces or newlines.
Durations are written 500ms, 15s, 2m or 1h30m; sizes 64Mi or 1Gi.
Exit code: 0 success, 1 failure, 2 wrong usage.

Examples:
  Deliver every pod change in the current kubeconfig context to a receiver:
    k8svent --url https://hooks.example.com/pods --secret-file ./secret

  Print what would be sent now, one line of JSON per pod:
    k8svent --once --namespace shop --selector app=web

  Two receivers, two namespaces, and state that survives a restart:
    k8svent -u ops=https://ops.example.com/k8s \\
      -u audit=https://audit.example.com/in \\
      -n team-a -n team-b --state ./k8svent.db

  Receivers that each have their own rules and credentials; is the file right?
    k8svent --config k8svent.yaml
    k8svent config check k8svent.yaml`;
