// Command tables prints what the programs of one release of Kubernetes know: their flags, their feature gates, and the
// fields of their configurations. scripts/kubernetes-tables.mjs makes src/kubernetes/ of it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	proxyv1alpha1 "k8s.io/kube-proxy/config/v1alpha1"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app/options"
)

type tables struct {
	Flags map[string][]string          `json:"flags"`
	Gates []string                     `json:"gates"`
	Types map[string]map[string]string `json:"types"`
}

func main() {
	made := tables{Flags: map[string][]string{}, Types: map[string]map[string]string{}}
	made.Flags["kube-apiserver"] = names(apiserver.NewAPIServerCommand().Flags())
	made.Flags["kube-controller-manager"] = names(controllermanager.NewControllerManagerCommand().Flags())
	made.Flags["kube-scheduler"] = names(scheduler.NewSchedulerCommand().Flags())
	made.Flags["kubelet"] = names(kubeletFlags())
	for gate := range utilfeature.DefaultMutableFeatureGate.GetAll() {
		made.Gates = append(made.Gates, string(gate))
	}
	sort.Strings(made.Gates)
	for _, root := range []any{kubeletv1beta1.KubeletConfiguration{}, proxyv1alpha1.KubeProxyConfiguration{}} {
		made.add(reflect.TypeOf(root))
	}
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(made); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

func kubeletFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	kubelet.NewKubeletFlags().AddFlags(flags)
	config, err := kubelet.NewKubeletConfiguration()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
	kubelet.AddKubeletConfigFlags(flags, config)
	kubelet.AddGlobalFlags(flags)
	return flags
}

func names(flags *pflag.FlagSet) []string {
	var found []string
	flags.VisitAll(func(flag *pflag.Flag) { found = append(found, flag.Name) })
	sort.Strings(found)
	return found
}

// Types that are written otherwise than they are made.
var written = map[reflect.Type]string{
	reflect.TypeOf(metav1.Duration{}):      "duration",
	reflect.TypeOf(metav1.Time{}):          "string",
	reflect.TypeOf(metav1.MicroTime{}):     "string",
	reflect.TypeOf(resource.Quantity{}):    "quantity",
	reflect.TypeOf(intstr.IntOrString{}):   "integer-or-string",
	reflect.TypeOf(runtime.RawExtension{}): "any",
	reflect.TypeOf(metav1.FieldsV1{}):      "any",
}

// add describes a type and gives its name: a struct by its fields, everything else at once.
func (made *tables) add(of reflect.Type) string {
	if name, known := written[of]; known {
		return name
	}
	switch of.Kind() {
	case reflect.Pointer:
		return made.add(of.Elem())
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + made.add(of.Elem())
	case reflect.Map:
		return "{}" + made.add(of.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Struct:
		if of.NumField() > 0 && of.Field(0).Anonymous && written[of.Field(0).Type] != "" {
			return written[of.Field(0).Type] // it is written as what it wraps
		}
		return made.addStruct(of)
	}
	return "any"
}

func (made *tables) addStruct(of reflect.Type) string {
	name := of.Name()
	if _, done := made.Types[name]; !done {
		made.Types[name] = map[string]string{}
		made.addFields(of, made.Types[name])
	}
	return name
}

func (made *tables) addFields(of reflect.Type, fields map[string]string) {
	for index := range of.NumField() {
		field := of.Field(index)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported():
		case name == "" && (field.Anonymous || strings.Contains(options, "inline")):
			made.addFields(field.Type, fields)
		default:
			fields[name] = made.add(field.Type)
		}
	}
}
