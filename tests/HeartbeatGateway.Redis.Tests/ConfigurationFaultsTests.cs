using CsCheck;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Tests;

/// <summary>What is said of a configuration that cannot be used.</summary>
public sealed class ConfigurationFaultsTests
{
    private const string Secret = "SeCrEt";
    private static readonly string[] Signs = [",", ",", ",", ":", "=", "@", "/", "[", "]", "::1", "6379", "99999", " ", "!", "$", "\0", "é"];

    [Theory]
    // Options.
    [InlineData("redis:6379,pasword=SeCrEt", "Option 'pasword' (element 2) is not known; did you mean 'password'?")]
    [InlineData("redis:6379, PassWrd = SeCrEt", "Option 'PassWrd' (element 2) is not known; did you mean 'password'?")]
    [InlineData("redis,colour=SeCrEt", "Option 'colour' (element 2) is not known. The options are those of StackExchange.Redis.")]
    [InlineData("redis,pass-word=x", "Element 2 is an option whose name is not known. Servers and options are separated by commas, and a password cannot")]
    [InlineData("redis:6379;password=SeCrEt", "Element 1 is an option whose name is not known.")]
    [InlineData("redis,SeCrEt=", "Element 2 is an option whose name is not known.")]
    [InlineData("redis,SeCrEt==", "Element 2 is an option whose name is not known.")]
    [InlineData("redis,abcdefghijklmnopqrstuvwxyzabcdefg=x", "Element 2 is an option whose name is not known.")]
    [InlineData("redis,=SeCrEt", "Element 2 has no name before '='.")]
    [InlineData("redis,password", "Option 'password' (element 2) has no value: write 'password=…'.")]
    [InlineData("redis,SSL", "Option 'ssl' (element 2) has no value: write 'ssl=…'.")]
    // Values.
    [InlineData("redis,ssl=SeCrEt", "Option 'ssl' (element 2) must be true or false.")]
    [InlineData("redis,SSL=", "Option 'ssl' (element 2) must be true or false.")]
    [InlineData("redis,connectTimeout=SeCrEt", "Option 'connectTimeout' (element 2) must be a whole number of milliseconds, at least 1.")]
    [InlineData("redis,connectTimeout=-5", "Option 'connectTimeout' (element 2) must be a whole number of milliseconds, at least 1.")]
    [InlineData("redis,connectTimeout=99999999999", "Option 'connectTimeout' (element 2) must be a whole number of milliseconds, at least 1.")]
    [InlineData("redis,defaultDatabase=-2", "Option 'defaultDatabase' (element 2) must be a whole number, at least 0.")]
    [InlineData("redis,tunnel=SeCrEt", "Option 'tunnel' (element 2) must be the address of an HTTP proxy, such as http:proxy:3128.")]
    [InlineData("redis,tunnel=ftp://SeCrEt", "Option 'tunnel' (element 2) must be the address of an HTTP proxy, such as http:proxy:3128.")]
    [InlineData("redis,sslProtocols=SeCrEt", "Option 'sslProtocols' (element 2) must be names of protocols, such as tls12|tls13.")]
    [InlineData("redis,password=SeCrEt,ssl=SeCrEt", "Option 'ssl' (element 3) must be true or false.")]
    // Servers.
    [InlineData("redis:99999", "The port of the server 'redis' (element 1) must be a number from 1 to 65535.")]
    [InlineData("redis-1:6379, redis-2:0", "The port of the server 'redis-2' (element 2) must be a number from 1 to 65535.")]
    [InlineData("redis:-1", "The port of the server 'redis' (element 1) must be a number from 1 to 65535.")]
    [InlineData("redis:", "The port of the server 'redis' (element 1) must be a number from 1 to 65535.")]
    [InlineData("gateway:SeCrEt", "The port of the server 'gateway' (element 1) must be a number from 1 to 65535.")]
    [InlineData("[::1]:x", "The port of the server '[::1]' (element 1) must be a number from 1 to 65535.")]
    [InlineData("redis:6379:SeCrEt", "Element 1 is no server: write 'host:port', with an IPv6 address '[::1]:6379'.")]
    [InlineData("redis SeCrEt", "Element 1 is no server: write 'host:port'")]
    [InlineData("re\0dis", "Element 1 is no server: write 'host:port'")]
    [InlineData(":6379", "Element 1 is no server: write 'host:port'")]
    [InlineData("[]:6379", "Element 1 is no server: write 'host:port'")]
    [InlineData("[::1", "Element 1 is no server: write 'host:port'")]
    [InlineData("[::1]6379", "Element 1 is no server: write 'host:port'")]
    [InlineData("!", "Element 1 has no path of a socket after '!'.")]
    [InlineData("redis://gateway:SeCrEt@redis:6379", "Element 1 is no server: it has '/' or '@'. A URL cannot be read; write 'redis-1:6379,user=")]
    [InlineData("SeCrEt@redis", "Element 1 is no server: it has '/' or '@'.")]
    // A password with a comma: nothing of its rest is named.
    [InlineData("redis,password=x,SeCrEt", "Element 3 follows a password, and is no option with a known name. A password cannot contain a comma here. Servers stand")]
    [InlineData("redis,password=x,SeCrEt=y", "Element 3 follows a password, and is no option with a known name.")]
    [InlineData("redis,password=x,$SeCrEt=y", "Element 3 follows a password, and is no option with a known name.")]
    [InlineData("redis,password=x,,SeCrEt:99999", "Element 4 follows a password, and is no option with a known name.")]
    [InlineData("redis,sentinelPassword=x,SeCrEt@y", "Element 3 follows a password, and is no option with a known name.")]
    [InlineData("redis,Password=x,=SeCrEt", "Element 3 follows a password, and is no option with a known name.")]
    // Nothing.
    [InlineData("", "It names no server.")]
    [InlineData(" , ", "It names no server.")]
    [InlineData("user=gateway,password=SeCrEt", "It names no server.")]
    public void A_fault_is_named_with_what_to_do_and_without_a_secret(string text, string fault)
    {
        var message = FaultOf(text);
        Assert.StartsWith(fault, message);
        Assert.DoesNotContain(Secret, message);
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("redis:6379")]
    [InlineData("redis-1:6379,redis_2:6380, 10.0.0.1 ,[::1]:6379,::1,bücher.example:6379")]
    [InlineData("redis,user=gateway,password=a=b==,ssl=true,sslHost=name,sslProtocols=tls12|tls13,")]
    [InlineData("redis,password=x,ssl=on,redis-2")]
    [InlineData("sentinel-1:26379,serviceName=main,sentinelUser=a,sentinelPassword=b,user=c,password=d")]
    [InlineData("!/run/redis.sock,password=x")]
    [InlineData("redis,$CONFIG=,writeBuffer=1,connectTimeout=1,connectRetry=0,configCheckSeconds=1,defaultDatabase=0")]
    public void What_can_be_used_has_no_fault(string text) => Assert.Null(FaultOf(text));

    [Fact]
    public void The_library_knows_each_option_and_refuses_other_values_of_those_with_a_form()
    {
        foreach (var (name, form) in ConfigurationFaults.Options)
        {
            var fault = FaultOf($"redis,{name}=?");
            Assert.Equal(form.Length == 0 ? null : $"Option '{name}' (element 2) must be {form}.", fault);
        }
    }

    [Fact]
    public void Whatever_a_password_is_nothing_of_it_is_in_the_fault()
    {
        Gen.OneOf([.. Signs.Append(Secret).Select(Gen.Const)]).Array[0, 12].Sample(
            pieces => Assert.DoesNotContain(Secret, FaultOf($"redis-1:6379,password={string.Concat(pieces)}") ?? ""), iter: 20_000);
    }

    [Fact]
    public void Whatever_has_no_fault_is_read_by_the_library_with_all_its_servers()
    {
        Gen.OneOf([.. Signs.Concat(["redis", "ssl", "ssl=true", "password=", "pasword", "user", "true"]).Select(Gen.Const)]).Array[0, 8].Sample(
            pieces =>
            {
                var text = string.Concat(pieces);
                if (FaultOf(text) is not null) return;
                var elements = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                var servers = elements.Where(e => !e.Contains('=')).Select(e => ConfigurationOptions.Parse(e).EndPoints.Single());
                Assert.Equal(servers.Distinct(), ConfigurationOptions.Parse(text, ignoreUnknown: false).EndPoints);
            },
            iter: 20_000);
    }

    private static string? FaultOf(string text) => new RedisOptions { Configuration = text, NodeName = "node-1" }.FindConfigurationFault();
}
