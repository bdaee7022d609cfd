// Command oracle says what Kubernetes itself thinks of objects, with the very code that a kubelet and an API server of
// one release decode and validate them with.
//
// It reads one JSON object a line: {"kind": "Pod" | "Node" | "KubeletConfiguration", "node": NAME, "text": MANIFEST}, and
// answers each with a line that holds a JSON list of complaints, empty when there is none. Of the kind "YAML" it answers
// with the text itself as JSON, as Kubernetes reads it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	kubeletscheme "k8s.io/kubernetes/pkg/kubelet/apis/config/scheme"
	kubeletvalidation "k8s.io/kubernetes/pkg/kubelet/apis/config/validation"
	"sigs.k8s.io/yaml"
)

type question struct {
	Kind string `json:"kind"`
	Node string `json:"node"`
	Text string `json:"text"`
}

// The kubelet ignores fields that it does not know. What nobody reads is a mistake all the same.
var strict = serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDecoder()

var judges = map[string]func(question) []string{
	"Pod":                  pod,
	"Node":                 node,
	"KubeletConfiguration": kubelet,
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			fail(err)
		}
		if asked.Kind == "YAML" {
			fmt.Println(asJSON(asked.Text))
			continue
		}
		judge, known := judges[asked.Kind]
		if !known {
			fail(fmt.Errorf("no judge of kind %q", asked.Kind))
		}
		complaints := judge(asked)
		if complaints == nil {
			complaints = []string{}
		}
		if err := out.Encode(complaints); err != nil {
			fail(err)
		}
	}
	if err := in.Err(); err != nil {
		fail(err)
	}
}

// asJSON is null for what is no YAML.
func asJSON(text string) string {
	read, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return "null"
	}
	return string(read)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "oracle:", err)
	os.Exit(1)
}

func decode(text string) (runtime.Object, []string) {
	asJSON, err := utilyaml.ToJSON([]byte(text))
	if err != nil {
		return nil, []string{err.Error()}
	}
	object, err := runtime.Decode(strict, asJSON)
	if err != nil {
		return nil, []string{err.Error()}
	}
	return object, nil
}

// pod judges a static pod as the kubelet of the host does that finds it in its folder.
func pod(asked question) []string {
	object, wrong := decode(asked.Text)
	if wrong != nil {
		return wrong
	}
	pod, fits := object.(*core.Pod)
	if !fits {
		return []string{fmt.Sprintf("not a Pod but a %T", object)}
	}
	if pod.Name == "" {
		return []string{"metadata.name: Required value"}
	}
	pod.Name += "-" + asked.Node
	if pod.Namespace == "" {
		pod.Namespace = core.NamespaceDefault
	}
	pod.Spec.NodeName = asked.Node
	complaints := told(validation.ValidatePodCreate(pod, podutil.GetValidationOptionsFromPodSpecAndMeta(&pod.Spec, nil, &pod.ObjectMeta, nil)))
	if _, resource, err := podutil.HasAPIObjectReference(pod); err != nil {
		complaints = append(complaints, err.Error())
	} else if resource != "" {
		complaints = append(complaints, "static pods may not reference "+resource)
	}
	return append(complaints, lost(pod)...)
}

// lost names what validation lets pass and only one of several of which has an effect.
func lost(pod *core.Pod) []string {
	var complaints []string
	for _, container := range pod.Spec.Containers {
		seen := sets.New[string]()
		for _, mount := range container.VolumeMounts {
			if seen.Has(mount.MountPath) {
				complaints = append(complaints, "two mounts at "+mount.MountPath)
			}
			seen.Insert(mount.MountPath)
		}
	}
	return complaints
}

// node judges a Node as an API server does, and by the label that every kubelet gives its own.
func node(asked question) []string {
	object, wrong := decode(asked.Text)
	if wrong != nil {
		return wrong
	}
	node, fits := object.(*core.Node)
	if !fits {
		return []string{fmt.Sprintf("not a Node but a %T", object)}
	}
	complaints := told(validation.ValidateNode(node))
	for _, wrong := range utilvalidation.IsValidLabelValue(node.Name) {
		complaints = append(complaints, "kubernetes.io/hostname: "+wrong)
	}
	return complaints
}

func told(errors field.ErrorList) []string {
	var complaints []string
	for _, one := range errors {
		complaints = append(complaints, one.Error())
	}
	return complaints
}

// kubelet judges a kubelet's configuration file as the kubelet does before it starts, but unknown fields are complaints.
func kubelet(asked question) []string {
	_, codecs, err := kubeletscheme.NewSchemeAndCodecs(serializer.EnableStrict)
	if err != nil {
		fail(err)
	}
	object, _, err := codecs.UniversalDecoder().Decode([]byte(asked.Text), nil, nil)
	if err != nil {
		return []string{err.Error()}
	}
	config, fits := object.(*kubeletconfig.KubeletConfiguration)
	if !fits {
		return []string{fmt.Sprintf("not a KubeletConfiguration but a %T", object)}
	}
	config.FailCgroupV1 = false // this is about the machine at hand
	gates := utilfeature.DefaultFeatureGate.DeepCopy()
	if err := gates.SetFromMap(config.FeatureGates); err != nil {
		return []string{err.Error()}
	}
	if err := kubeletvalidation.ValidateKubeletConfiguration(config, gates); err != nil {
		return []string{err.Error()}
	}
	return nil
}
