package main

import (
	"bytes"
	"compress/gzip"
	"io/ioutil"
	"sort"

	"github.com/gogo/protobuf/proto"
	"github.com/gogo/protobuf/protoc-gen-gogo/descriptor"
)

// unaryMethods are those of the .proto, as the generated code carries it: what is added there is
// missed here until it is called.
func unaryMethods() []string {
	packed, err := gzip.NewReader(bytes.NewReader(proto.FileDescriptor("trading/v1/trading.proto")))
	must(err)
	plain, err := ioutil.ReadAll(packed)
	must(err)
	file := &descriptor.FileDescriptorProto{}
	must(proto.Unmarshal(plain, file))
	var names []string
	for _, service := range file.Service {
		for _, method := range service.Method {
			if !method.GetServerStreaming() && !method.GetClientStreaming() {
				names = append(
					names,
					"/"+file.GetPackage()+"."+service.GetName()+"/"+method.GetName(),
				)
			}
		}
	}
	sort.Strings(names)
	return names
}
