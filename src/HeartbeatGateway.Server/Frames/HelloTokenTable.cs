using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HeartbeatGateway.Server.Frames;

/// <summary>A hash table of tokens, in 36 bytes for each. It grows by small blocks, so growing copies no tokens. Not thread-safe.</summary>
internal sealed class HelloTokenTable
{
    /// <summary>Bytes of memory for each token that the table has room for: the entry, and its place among the buckets.</summary>
    public const int BytesPerToken = 32 + sizeof(int);

    /// <summary>No entry.</summary>
    public const int None = -1;

    // Below the size from which the runtime allocates an array outside the generations (85,000 bytes).
    private const int BlockLength = 2048;

    private readonly List<Entry[]> _blocks = [];
    private int[] _buckets = NewBuckets(256);
    private int _firstFree = None;

    /// <summary>The tokens in the table.</summary>
    public int Count { get; private set; }

    /// <summary>The tokens that it has memory for.</summary>
    public int Room { get; private set; }

    public ref Entry this[int index] => ref _blocks[index / BlockLength][index % BlockLength];

    /// <summary>Takes memory for one more block.</summary>
    /// <param name="maxRoom">The room is not to be larger than this.</param>
    public void Grow(int maxRoom)
    {
        var added = Math.Min(BlockLength, maxRoom - Room);
        _blocks.Add(new Entry[added]);
        for (var i = Room + added - 1; i >= Room; i--) Free(i);
        Room += added;
        if (Room > _buckets.Length) Rehash();
    }

    /// <returns>The index of the token; <see cref="None"/> when it is not in the table.</returns>
    public int Find(Fingerprint token)
    {
        var index = _buckets[BucketOf(token)];
        while (index != None && this[index].Token != token) index = this[index].NextInBucket;
        return index;
    }

    /// <summary>Adds a token that is not in the table. There must be room.</summary>
    public int Add(Fingerprint token, uint forgetAt, uint validUntil)
    {
        var index = _firstFree;
        ref var entry = ref this[index];
        _firstFree = entry.NextInBucket;
        ref var bucket = ref _buckets[BucketOf(token)];
        entry = new Entry { Token = token, ForgetAt = forgetAt, ValidUntil = validUntil, NextInBucket = bucket, NextOfKey = None };
        bucket = index;
        Count++;
        return index;
    }

    /// <summary>Removes an entry.</summary>
    public void Remove(int index)
    {
        ref var link = ref _buckets[BucketOf(this[index].Token)];
        while (link != index) link = ref this[link].NextInBucket;
        link = this[index].NextInBucket;
        Free(index);
        Count--;
    }

    private static int[] NewBuckets(int length)
    {
        var buckets = new int[length];
        Array.Fill(buckets, None);
        return buckets;
    }

    private int BucketOf(Fingerprint token) => (int)(token.First & (uint)(_buckets.Length - 1));

    private void Free(int index)
    {
        this[index] = new Entry { NextInBucket = _firstFree, IsFree = true };
        _firstFree = index;
    }

    private void Rehash()
    {
        _buckets = NewBuckets(_buckets.Length * 2 >= Room ? _buckets.Length * 2 : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Room));
        for (var i = 0; i < Room; i++)
        {
            ref var entry = ref this[i];
            if (entry.IsFree) continue;
            ref var bucket = ref _buckets[BucketOf(entry.Token)];
            entry.NextInBucket = bucket;
            bucket = i;
        }
    }

    /// <summary>A token that was accepted. Times are in seconds.</summary>
    internal struct Entry
    {
        public Fingerprint Token;

        /// <summary>By the monotonic clock.</summary>
        public uint ForgetAt;

        /// <summary>By the wall clock, since 1970-01-01 UTC.</summary>
        public uint ValidUntil;

        public int NextInBucket;

        /// <summary>The next younger token of the same key.</summary>
        public int NextOfKey;

        public bool IsFree
        {
            readonly get => NextOfKey == int.MinValue;
            set => NextOfKey = value ? int.MinValue : None;
        }
    }

    /// <summary>The first 128 bits of the SHA-256 of a token.</summary>
    internal readonly record struct Fingerprint(ulong First, ulong Second)
    {
        public static Fingerprint Of(ReadOnlySpan<byte> token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(token, hash);
            return new Fingerprint(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[sizeof(ulong)..]));
        }
    }
}
