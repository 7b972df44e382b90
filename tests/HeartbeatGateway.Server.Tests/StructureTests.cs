using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace HeartbeatGateway.Server.Tests;

/// <summary>The structure that ARCHITECTURE.md describes: rooms use each other in one direction, and parts name their dependencies.</summary>
public sealed partial class StructureTests
{
    private const string Root = "HeartbeatGateway.Server";

    /// <summary>The rooms, lowest first: each may use those before it. The root namespace is above all of them, except for the names of its public API.</summary>
    private static readonly string[] Rooms =
        ["Options", "Transports", "Disconnects", "Telemetry", "Context", "Clusters", "Limits", "Messages", "Outbound", "Timeouts", "Delivery", "Clients", "Connection", "Bans", "Frames", "Admission", "Draining", "Hosting"];

    private static readonly Type[] Types = [.. typeof(GatewayEngine).Assembly.GetTypes().Where(t => t.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true)];

    [Fact]
    public void Every_folder_is_a_room_of_the_order()
    {
        var folders = Directory.EnumerateDirectories(SourceFolder()).Where(d => Directory.EnumerateFiles(d, "*.cs").Any()).Select(d => Path.GetFileName(d));
        Assert.Equal(Rooms.Order(StringComparer.Ordinal), folders.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_room_imports_one_above_it()
    {
        var violations = from room in Rooms
                         from file in Directory.EnumerateFiles(Path.Combine(SourceFolder(), room), "*.cs")
                         from line in File.ReadLines(file)
                         let used = UsingLine().Match(line)
                         where used.Success && Array.IndexOf(Rooms, used.Groups["name"].Value) > Array.IndexOf(Rooms, room)
                         select $"{room}/{Path.GetFileName(file)} uses {used.Groups["name"].Value}";
        Assert.Empty(violations);
    }

    [Fact]
    public void No_type_refers_to_a_room_above_its_own()
    {
        var violations = from type in Types
                         let own = RoomOf(type)
                         where own >= 0
                         from used in UsedBy(type)
                         where RoomOf(used) > own || used == typeof(GatewayEngine)
                         select $"{type.FullName} refers to {used.FullName}";
        Assert.Empty(violations.Distinct());
    }

    [Fact]
    public void No_constructor_takes_the_facade_a_service_provider_or_more_than_eight_dependencies()
    {
        var violations = from type in Types
                         where !type.IsDefined(typeof(CompilerGeneratedAttribute)) && !typeof(Delegate).IsAssignableFrom(type) && !type.IsValueType
                         from constructor in type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                         let taken = constructor.GetParameters().Select(p => p.ParameterType).ToList()
                         where taken.Count > 8 || taken.Exists(t => t == typeof(GatewayEngine) || t == typeof(IHeartbeatGateway) || t == typeof(IServiceProvider))
                         select $"{type.FullName}({string.Join(", ", taken.Select(t => t.Name))})";
        Assert.Empty(violations);
    }

    [Fact]
    public void Internals_are_visible_to_test_projects_only()
    {
        string[] tests = ["HeartbeatGateway.Server.Tests", "HeartbeatGateway.Tests", "HeartbeatGateway.Redis.Tests", "HeartbeatGateway.Testing", "HeartbeatGateway.Fuzz", "HeartbeatGateway.Benchmarks"];
        var friends = typeof(GatewayEngine).Assembly.GetCustomAttributes<InternalsVisibleToAttribute>().Select(a => a.AssemblyName);
        Assert.Empty(friends.Except(tests, StringComparer.Ordinal));
    }

    [Fact]
    public void No_file_is_longer_than_350_lines()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(SourceFolder(), ".."), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal));
        Assert.DoesNotContain(sources, f => File.ReadLines(f).Count() > 350);
    }

    [Fact]
    public void The_architecture_page_names_only_what_exists()
    {
        var repository = Path.GetFullPath(Path.Combine(SourceFolder(), "../.."));
        var files = Directory.EnumerateFiles(repository, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/node_modules/", StringComparison.Ordinal)).ToList();
        var declared = files.SelectMany(f => Declaration().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value)).ToHashSet(StringComparer.Ordinal);
        // Assemblies are loaded at their first use.
        RuntimeHelpers.RunClassConstructor(typeof(System.Net.Security.SslStream).TypeHandle);
        var framework = AppDomain.CurrentDomain.GetAssemblies().SelectMany(a => a.GetExportedTypesOrNone()).Select(t => t.Name.Split('`')[0]).ToHashSet(StringComparer.Ordinal);
        var text = File.ReadAllText(Path.Combine(repository, "ARCHITECTURE.md"));
        var missing = new List<string>();
        foreach (var name in Quoted().Matches(text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal))
        {
            if (TypeName().IsMatch(name) && !declared.Contains(name) && !framework.Contains(name) && !ExistsAsPath(repository, name)) missing.Add(name);
            else if (PathName().IsMatch(name) && !ExistsAsPath(repository, name)) missing.Add(name);
        }

        Assert.Empty(missing);
    }

    /// <summary>A path as the page writes it: from the repository's root, or from a project without its common prefix.</summary>
    private static bool ExistsAsPath(string repository, string name)
    {
        string[] prefixes = ["", "src/", "tests/", "src/HeartbeatGateway.", "src/HeartbeatGateway/", "src/HeartbeatGateway.Server/", "tests/HeartbeatGateway."];
        return prefixes.Any(p => Path.Exists(Path.Combine(repository, p + name.TrimEnd('/'))));
    }

    private static int RoomOf(Type type)
    {
        var name = (type.IsGenericType ? type.GetGenericTypeDefinition() : type).Namespace;
        return name?.StartsWith(Root + ".", StringComparison.Ordinal) == true ? Array.IndexOf(Rooms, name[(Root.Length + 1)..]) : -1;
    }

    private static IEnumerable<Type> UsedBy(Type type)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var used = type.GetFields(All).Select(f => f.FieldType)
            .Concat(type.GetMethods(All).SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType)))
            .Concat(type.GetConstructors(All).SelectMany(c => c.GetParameters().Select(p => p.ParameterType)))
            .Concat(type.GetInterfaces());
        return (type.BaseType is { } parent ? used.Append(parent) : used).SelectMany(Parts);

        static IEnumerable<Type> Parts(Type t) => t.HasElementType ? Parts(t.GetElementType()!) : t.IsGenericType ? t.GetGenericArguments().SelectMany(Parts).Append(t) : [t];
    }

    private static string SourceFolder([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../src/HeartbeatGateway.Server"));

    [GeneratedRegex(@"^using HeartbeatGateway\.Server\.(?<name>\w+);", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"(?:record struct|class|struct|interface|enum|record)\s+(?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Declaration();

    [GeneratedRegex("`(?<name>[^`\n]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Quoted();

    [GeneratedRegex("^[A-Z][a-z]+([A-Z][A-Za-z0-9]*)+$|^I[A-Z][A-Za-z]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^[\w.\-]+(/[\w.\-]+)+/?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex PathName();
}

internal static class AssemblyExtensions
{
    /// <summary>The public types; none of a dynamic assembly.</summary>
    public static IEnumerable<Type> GetExportedTypesOrNone(this Assembly assembly) => assembly.IsDynamic ? [] : assembly.GetExportedTypes();
}
