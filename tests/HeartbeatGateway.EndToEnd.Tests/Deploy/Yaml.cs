using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace HeartbeatGateway.EndToEnd.Tests.Deploy;

/// <summary>Reads YAML strictly: a duplicate key is an error. All scalars are strings.</summary>
internal static class Yaml
{
    public static JsonNode Load(string file)
    {
        using var reader = File.OpenText(file);
        var value = new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<object>(new MergingParser(new Parser(reader)));
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(value!))!;
    }
}
