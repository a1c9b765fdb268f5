<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>About</name>
    <message>
        <source>Dialogues</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Glossary</source>
        <translation>术语表</translation>
    </message>
    <message>
        <source>Greeting</source>
        <translation>问候语</translation>
    </message>
    <message>
        <source>Languages</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Never says</source>
        <translation>从不说</translation>
    </message>
    <message>
        <source>Organisation</source>
        <translation>所属机构</translation>
    </message>
    <message>
        <source>Own sentences</source>
        <translation>自定句子</translation>
    </message>
    <message>
        <source>Purpose</source>
        <translation>用途</translation>
    </message>
    <message>
        <source>Voice</source>
        <translation>语气</translation>
    </message>
    <message>
        <source>… {n} terms in all</source>
        <translation>…共 {n} 个术语</translation>
    </message>
</context>
<context>
    <name>AskPage</name>
    <message>
        <source>Ask</source>
        <translation>提问</translation>
    </message>
    <message>
        <source>Close the page viewer  (F4)</source>
        <translation>关闭页面查看器（F4）</translation>
    </message>
    <message>
        <source>Copy the last answer with citations</source>
        <translation>复制上一个回答（含引用）</translation>
    </message>
    <message>
        <source>Delete the conversation that is marked</source>
        <translation>删除选中的对话</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Enter</translation>
    </message>
    <message>
        <source>Filter documents</source>
        <translation>筛选文档</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>New line in the question</source>
        <translation>在问题中换行</translation>
    </message>
    <message>
        <source>Rename the conversation that is marked</source>
        <translation>重命名选中的对话</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Shift+Enter</source>
        <translation>Shift+Enter</translation>
    </message>
    <message>
        <source>Show or hide the lists</source>
        <translation>显示或隐藏列表</translation>
    </message>
    <message>
        <source>Show or hide the lists  (Ctrl+B)</source>
        <translation>显示或隐藏列表（Ctrl+B）</translation>
    </message>
    <message>
        <source>Show or hide the page viewer</source>
        <translation>显示或隐藏页面查看器</translation>
    </message>
    <message>
        <source>Show or hide the page viewer  (F4)</source>
        <translation>显示或隐藏页面查看器（F4）</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>停止回答</translation>
    </message>
    <message>
        <source>To the question</source>
        <translation>转到问题输入框</translation>
    </message>
</context>
<context>
    <name>AuditPage</name>
    <message>
        <source>1 record</source>
        <translation>1 条记录</translation>
    </message>
    <message>
        <source>1 record is in {file}.</source>
        <translation>1 条记录已写入 {file}。</translation>
    </message>
    <message>
        <source>Answers on record</source>
        <translation>已记录的回答</translation>
    </message>
    <message>
        <source>Any collection</source>
        <translation>所有集合</translation>
    </message>
    <message>
        <source>As soon as a question has been answered, its record stands here, whole and unchangeable.</source>
        <translation>每回答一个问题，其完整且不可更改的记录就会出现在这里。</translation>
    </message>
    <message>
        <source>Audit</source>
        <translation>审计</translation>
    </message>
    <message>
        <source>Check that no record was edited, moved or taken out</source>
        <translation>检查是否有记录被修改、移动或删除</translation>
    </message>
    <message>
        <source>Checking every record …</source>
        <translation>正在逐条检查记录…</translation>
    </message>
    <message>
        <source>Checkpoint that you kept elsewhere (optional)</source>
        <translation>您另行保存的检查点（可选）</translation>
    </message>
    <message>
        <source>Choose a record to read it.</source>
        <translation>选择一条记录即可查看。</translation>
    </message>
    <message>
        <source>Collection</source>
        <translation>集合</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>已复制。</translation>
    </message>
    <message>
        <source>Copy checkpoint</source>
        <translation>复制检查点</translation>
    </message>
    <message>
        <source>Every answer was put on record here before anybody saw it. Nothing on this page can change one.</source>
        <translation>每个回答在显示之前都已先记录在此。本页的任何操作都不会改动记录。</translation>
    </message>
    <message>
        <source>Export the records</source>
        <translation>导出记录</translation>
    </message>
    <message>
        <source>Export …</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Filter by words</source>
        <translation>按关键词筛选</translation>
    </message>
    <message>
        <source>Filter by words of question, answer, person or model</source>
        <translation>按问题、回答、用户或模型中的词筛选</translation>
    </message>
    <message>
        <source>Filter what is listed</source>
        <translation>筛选列表</translation>
    </message>
    <message>
        <source>From day</source>
        <translation>起始日期</translation>
    </message>
    <message>
        <source>It agrees with your checkpoint.</source>
        <translation>并且与您的检查点一致。</translation>
    </message>
    <message>
        <source>JSON Lines (*.jsonl)</source>
        <translation>JSON Lines 文件 (*.jsonl)</translation>
    </message>
    <message>
        <source>Keep it outside this computer: it proves later that nothing was cut off or rewritten</source>
        <translation>请保存在本机之外：日后可据此证明记录没有被截断或改写</translation>
    </message>
    <message>
        <source>No record fits</source>
        <translation>没有符合条件的记录</translation>
    </message>
    <message>
        <source>No records yet</source>
        <translation>还没有记录</translation>
    </message>
    <message>
        <source>Nothing on record has these words, days and collection.</source>
        <translation>没有记录同时符合这些关键词、日期和集合。</translation>
    </message>
    <message>
        <source>Read the list of records anew</source>
        <translation>刷新记录列表</translation>
    </message>
    <message>
        <source>Show all records</source>
        <translation>显示全部记录</translation>
    </message>
    <message>
        <source>The checkpoint is on the clipboard. Keep it outside this computer.</source>
        <translation>检查点已复制到剪贴板。请保存在本机之外。</translation>
    </message>
    <message>
        <source>The latest {count} records; filter to reach older ones</source>
        <translation>最近的 {count} 条记录；更早的记录请通过筛选查看</translation>
    </message>
    <message>
        <source>The record does not hold. It was changed after it was written:</source>
        <translation>记录不完整：写入之后曾被改动：</translation>
    </message>
    <message>
        <source>The record holds: its one entry was not edited.</source>
        <translation>记录完好：仅有的 1 条记录未被改动。</translation>
    </message>
    <message>
        <source>The record holds: of {count} entries none was edited, moved or taken out.</source>
        <translation>记录完好：全部 {count} 个条目均未被修改、移动或删除。</translation>
    </message>
    <message>
        <source>There is no record yet, so there is nothing to check.</source>
        <translation>还没有记录，无需检查。</translation>
    </message>
    <message>
        <source>To day</source>
        <translation>截止日期</translation>
    </message>
    <message>
        <source>Verify the records</source>
        <translation>校验记录</translation>
    </message>
    <message>
        <source>With a checkpoint from earlier, a cut or rewritten end of the record shows as well</source>
        <translation>提供早先的检查点，还能发现末尾记录被截断或改写</translation>
    </message>
    <message>
        <source>Write the listed records, whole, into a JSON Lines file</source>
        <translation>将列出的记录完整写入 JSON Lines 文件</translation>
    </message>
    <message>
        <source>{count} records</source>
        <translation>{count} 条记录</translation>
    </message>
    <message>
        <source>{count} records are in {file}.</source>
        <translation>已将 {count} 条记录写入 {file}。</translation>
    </message>
    <message>
        <source>• and {count} more</source>
        <translation>• 另有 {count} 处</translation>
    </message>
</context>
<context>
    <name>BackupCard</name>
    <message>
        <source>An empty folder for the restored library</source>
        <translation>为恢复的文档库选择空文件夹</translation>
    </message>
    <message>
        <source>Back up the library</source>
        <translation>备份文档库</translation>
    </message>
    <message>
        <source>Back up …</source>
        <translation>备份…</translation>
    </message>
    <message>
        <source>Backups (*.zip)</source>
        <translation>备份文件 (*.zip)</translation>
    </message>
    <message>
        <source>Damaged already when the backup was made: {n}. Open it, and see the tab “Health” of the page “Library”.</source>
        <translation>备份时已损坏的内容：{n} 项。请打开该文档库，在“文档库”页面的“健康状况”标签中查看。</translation>
    </message>
    <message>
        <source>Making the backup …</source>
        <translation>正在备份…</translation>
    </message>
    <message>
        <source>Open the restored library</source>
        <translation>打开恢复的文档库</translation>
    </message>
    <message>
        <source>Progress of the backup</source>
        <translation>备份进度</translation>
    </message>
    <message>
        <source>Restore a backup …</source>
        <translation>恢复备份…</translation>
    </message>
    <message>
        <source>Restored to {folder}: {n} documents, as they were on {when}. The open library is as before.</source>
        <translation>已恢复到 {folder}：{n} 份文档，状态为 {when}。当前打开的文档库没有变化。</translation>
    </message>
    <message>
        <source>Restoring the backup …</source>
        <translation>正在恢复备份…</translation>
    </message>
    <message>
        <source>Saved and checked: {file} ({size}, {n} documents).</source>
        <translation>已保存并校验：{file}（{size}，{n} 份文档）。</translation>
    </message>
    <message>
        <source>Saves every document with all that was read, asked and recorded in one file, and checks it by reading it back. Keep it on another drive. It is not encrypted: whoever has the file can read it. Restoring makes a library in a new folder and overwrites nothing.</source>
        <translation>将所有文档以及读取、提问和审计记录的全部内容保存为一个文件，并读回校验。请保存在另一块磁盘上。文件未加密：任何得到它的人都能读取。恢复时会在新文件夹中建立文档库，不覆盖任何内容。</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stopped. Nothing was kept of it.</source>
        <translation>已停止，未保留任何内容。</translation>
    </message>
    <message>
        <source>The backup to restore</source>
        <translation>要恢复的备份</translation>
    </message>
    <message>
        <source>The library has lost these original files, so they are not in it: {names}. Add them again, then make another backup.</source>
        <translation>文档库已丢失以下原始文件，因此备份中没有它们：{names}。请重新添加，然后再次备份。</translation>
    </message>
</context>
<context>
    <name>ClaimRow</name>
    <message>
        <source>New in this answer.</source>
        <translation>此回答中新增。</translation>
    </message>
    <message>
        <source>No longer in the answer.</source>
        <translation>回答中已不再包含。</translation>
    </message>
</context>
<context>
    <name>CollectionsPanel</name>
    <message>
        <source>All documents</source>
        <translation>全部文档</translation>
    </message>
    <message>
        <source>Another name for “{name}”</source>
        <translation>为“{name}”输入新名称</translation>
    </message>
    <message>
        <source>Collections</source>
        <translation>集合</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete the collection</source>
        <translation>删除集合</translation>
    </message>
    <message>
        <source>Delete the collection “{name}” and its document, with its earlier versions?</source>
        <translation>删除集合“{name}”及其中的 1 份文档（含旧版本）？</translation>
    </message>
    <message>
        <source>Delete the collection “{name}” and its {count} documents, with their earlier versions?</source>
        <translation>删除集合“{name}”及其中的 {count} 份文档（含旧版本）？</translation>
    </message>
    <message>
        <source>Delete the empty collection “{name}”?</source>
        <translation>删除空集合“{name}”？</translation>
    </message>
    <message>
        <source>Delete …</source>
        <translation>删除…</translation>
    </message>
    <message>
        <source>Earlier versions kept in it go as well.</source>
        <translation>其中保留的旧版本也会一并删除。</translation>
    </message>
    <message>
        <source>Name of the collection</source>
        <translation>集合名称</translation>
    </message>
    <message>
        <source>Name of the new collection</source>
        <translation>新集合的名称</translation>
    </message>
    <message>
        <source>New collection</source>
        <translation>新建集合</translation>
    </message>
    <message>
        <source>New collection …</source>
        <translation>新建集合…</translation>
    </message>
    <message>
        <source>Rename the collection  (F2)</source>
        <translation>重命名集合（F2）</translation>
    </message>
    <message>
        <source>Rename …</source>
        <translation>重命名…</translation>
    </message>
    <message>
        <source>They are erased from the library and cannot be brought back. The files they were added from stay where they are, and so do the records of answers already given.</source>
        <translation>它们将从文档库中彻底清除，无法恢复。添加时所用的原文件不受影响，已有回答的审计记录也会保留。</translation>
    </message>
    <message>
        <source>{name}, 1 document</source>
        <translation>{name}，1 份文档</translation>
    </message>
    <message>
        <source>{name}, {count} documents</source>
        <translation>{name}，{count} 份文档</translation>
    </message>
</context>
<context>
    <name>CommandLine</name>
    <message>
        <source>Copy the command</source>
        <translation>复制命令</translation>
    </message>
    <message>
        <source>This program has no network. Run this with the Python package on a computer that has one, bring the folder here on a USB stick, and take it over:</source>
        <translation>本程序不联网。请在联网的电脑上用 Python 软件包运行以下命令，用 U 盘把文件夹带到这里，再从文件夹导入：</translation>
    </message>
    <message>
        <source>This window has no network. To fetch it, run this on the command line:</source>
        <translation>本窗口不联网。如需获取，请在命令行中运行：</translation>
    </message>
</context>
<context>
    <name>Comparison</name>
    <message>
        <source>Both answers say the same.</source>
        <translation>两次回答内容相同。</translation>
    </message>
    <message>
        <source>Compared with the earlier answer: {new} new, {gone} gone.</source>
        <translation>与之前的回答相比：新增 {new} 句，减少 {gone} 句。</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>The library has changed, and so has the kind of answer.</source>
        <translation>文档库已有变化，回答的类型也随之改变。</translation>
    </message>
    <message>
        <source>{time}, record {record}, library revision {revision}</source>
        <translation>{time}，记录 {record}，文档库版本 {revision}</translation>
    </message>
</context>
<context>
    <name>Confirm</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>DayField</name>
    <message>
        <source>A day such as 2026-11-22; Alt+Down opens a calendar</source>
        <translation>日期，例如 2026-11-22；按 Alt+↓ 打开日历</translation>
    </message>
    <message>
        <source>Choose from a calendar</source>
        <translation>从日历中选择</translation>
    </message>
</context>
<context>
    <name>DetailsStrip</name>
    <message>
        <source>1 page</source>
        <translation>1 页</translation>
    </message>
    <message>
        <source>1 rejected file is selected</source>
        <translation>已选择 1 个被拒绝的文件</translation>
    </message>
    <message>
        <source>1 section</source>
        <translation>1 节</translation>
    </message>
    <message>
        <source>No document is selected</source>
        <translation>未选择文档</translation>
    </message>
    <message>
        <source>Page that could not be read: {pages}</source>
        <translation>无法读取的页面：{pages}</translation>
    </message>
    <message>
        <source>Pages that could not be read: {pages}</source>
        <translation>无法读取的页面：{pages}</translation>
    </message>
    <message>
        <source>Select one to see its state; Enter opens it.</source>
        <translation>选择一份文档即可查看其状态；按 Enter 打开。</translation>
    </message>
    <message>
        <source>added {day}</source>
        <translation>添加于 {day}</translation>
    </message>
    <message>
        <source>d MMM yyyy</source>
        <translation>yyyy年M月d日</translation>
    </message>
    <message>
        <source>last tried {day}</source>
        <translation>上次尝试：{day}</translation>
    </message>
    <message>
        <source>not in the library</source>
        <translation>不在文档库中</translation>
    </message>
    <message>
        <source>version {n}</source>
        <translation>版本 {n}</translation>
    </message>
    <message>
        <source>with 1 document</source>
        <translation>以及 1 份文档</translation>
    </message>
    <message>
        <source>with {n} documents</source>
        <translation>以及 {n} 份文档</translation>
    </message>
    <message>
        <source>{n} by OCR</source>
        <translation>{n} 页经 OCR 识别</translation>
    </message>
    <message>
        <source>{n} by OCR, {percent}% sure</source>
        <translation>{n} 页经 OCR 识别，置信度 {percent}%</translation>
    </message>
    <message>
        <source>{n} documents are selected</source>
        <translation>已选择 {n} 份文档</translation>
    </message>
    <message>
        <source>{n} pages</source>
        <translation>{n} 页</translation>
    </message>
    <message>
        <source>{n} rejected files are selected</source>
        <translation>已选择 {n} 个被拒绝的文件</translation>
    </message>
    <message>
        <source>{n} sections</source>
        <translation>{n} 节</translation>
    </message>
    <message>
        <source>{pages} and {n} more</source>
        <translation>{pages} 等，另有 {n} 页</translation>
    </message>
</context>
<context>
    <name>DocumentsModel</name>
    <message>
        <source>Added</source>
        <translation>添加时间</translation>
    </message>
    <message>
        <source>By OCR</source>
        <translation>OCR 页数</translation>
    </message>
    <message>
        <source>Collection</source>
        <translation>集合</translation>
    </message>
    <message>
        <source>How many versions there have been, with this one</source>
        <translation>包括当前版本在内的版本数</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>页数</translation>
    </message>
    <message>
        <source>Pages whose text was recognised from a picture</source>
        <translation>文字由图像识别得到的页数</translation>
    </message>
    <message>
        <source>Partial</source>
        <translation>部分可读</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>被拒绝</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Why a document is partial, or a file was rejected</source>
        <translation>文档只读出一部分或文件被拒绝的原因</translation>
    </message>
    <message>
        <source>d MMM yyyy</source>
        <translation>yyyy年M月d日</translation>
    </message>
</context>
<context>
    <name>DocumentsPane</name>
    <message>
        <source>1 document</source>
        <translation>1 份文档</translation>
    </message>
    <message>
        <source>1 earlier version goes as well.</source>
        <translation>1 个旧版本也会一并移除。</translation>
    </message>
    <message>
        <source>Add the rejected files again from where they were  (Ctrl+Shift+R)</source>
        <translation>从原位置重新添加被拒绝的文件（Ctrl+Shift+R）</translation>
    </message>
    <message>
        <source>All states</source>
        <translation>所有状态</translation>
    </message>
    <message>
        <source>Clear the filter</source>
        <translation>清除筛选</translation>
    </message>
    <message>
        <source>Copy the name</source>
        <translation>复制名称</translation>
    </message>
    <message>
        <source>Drop files here, or drag documents from another collection onto its name.</source>
        <translation>将文件拖放到这里，或把其他集合中的文档拖到该集合的名称上。</translation>
    </message>
    <message>
        <source>Filter by name, title or collection</source>
        <translation>按名称、标题或集合筛选</translation>
    </message>
    <message>
        <source>Filter the documents</source>
        <translation>筛选文档</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>不再显示</translation>
    </message>
    <message>
        <source>Move to</source>
        <translation>移动到</translation>
    </message>
    <message>
        <source>Move to a collection  (Ctrl+M)</source>
        <translation>移动到集合（Ctrl+M）</translation>
    </message>
    <message>
        <source>Move to a collection …</source>
        <translation>移动到集合…</translation>
    </message>
    <message>
        <source>Move …</source>
        <translation>移动…</translation>
    </message>
    <message>
        <source>New collection …</source>
        <translation>新建集合…</translation>
    </message>
    <message>
        <source>No document matches</source>
        <translation>没有符合条件的文档</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open  (Enter)</source>
        <translation>打开（Enter）</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove from the library  (Delete)</source>
        <translation>从文档库中移除（Delete）</translation>
    </message>
    <message>
        <source>Remove these {n} documents from the library?</source>
        <translation>从文档库中移除这 {n} 份文档？</translation>
    </message>
    <message>
        <source>Remove “{name}” from the library?</source>
        <translation>从文档库中移除“{name}”？</translation>
    </message>
    <message>
        <source>Remove …</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Replace by a new version  (Ctrl+R)</source>
        <translation>替换为新版本（Ctrl+R）</translation>
    </message>
    <message>
        <source>Replace by a new version …</source>
        <translation>替换为新版本…</translation>
    </message>
    <message>
        <source>Replace …</source>
        <translation>替换…</translation>
    </message>
    <message>
        <source>State of the documents</source>
        <translation>文档状态</translation>
    </message>
    <message>
        <source>Take the rejected files off this list  (Delete)</source>
        <translation>将被拒绝的文件从列表中去除（Delete）</translation>
    </message>
    <message>
        <source>The new version of {name}</source>
        <translation>{name} 的新版本</translation>
    </message>
    <message>
        <source>The rejected files among what is selected are forgotten as well.</source>
        <translation>所选内容中被拒绝的文件也会一并从列表中去除。</translation>
    </message>
    <message>
        <source>This collection is empty</source>
        <translation>此集合为空</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Use fewer words, another collection, or show all states.</source>
        <translation>请减少关键词、换一个集合，或显示所有状态。</translation>
    </message>
    <message>
        <source>What is removed is erased from the library and cannot be brought back. The files it was added from stay where they are, and so do the records of answers already given.</source>
        <translation>移除的内容将从文档库中彻底清除，无法恢复。添加时所用的原文件不受影响，已有回答的审计记录也会保留。</translation>
    </message>
    <message>
        <source>and {n} more</source>
        <translation>另有 {n} 份</translation>
    </message>
    <message>
        <source>{documents}, {n} rejected</source>
        <translation>{documents}，{n} 个被拒绝</translation>
    </message>
    <message>
        <source>{n} documents</source>
        <translation>{n} 份文档</translation>
    </message>
    <message>
        <source>{n} earlier versions go as well.</source>
        <translation>{n} 个旧版本也会一并移除。</translation>
    </message>
    <message>
        <source>{shown} of {n} documents</source>
        <translation>{n} 份文档中的 {shown} 份</translation>
    </message>
</context>
<context>
    <name>DocumentsTable</name>
    <message>
        <source>Documents</source>
        <translation>文档</translation>
    </message>
</context>
<context>
    <name>EditTable</name>
    <message>
        <source>Add a row: {table}</source>
        <translation>添加一行：{table}</translation>
    </message>
    <message>
        <source>Enter edits a cell, Delete takes rows out.</source>
        <translation>按 Enter 编辑单元格，按 Delete 删除所选行。</translation>
    </message>
    <message>
        <source>Take the selected rows out: {table}</source>
        <translation>删除所选行：{table}</translation>
    </message>
</context>
<context>
    <name>ExchangeView</name>
    <message>
        <source>  {n} s</source>
        <translation>  {n} 秒</translation>
    </message>
    <message>
        <source>Ask again</source>
        <translation>再次提问</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>对比</translation>
    </message>
    <message>
        <source>Copy with citations</source>
        <translation>复制（含引用）</translation>
    </message>
    <message>
        <source>Edit this question and ask it as it stands</source>
        <translation>修改此问题，并按原文提问</translation>
    </message>
    <message>
        <source>Export as PDF or HTML</source>
        <translation>导出为 PDF 或 HTML</translation>
    </message>
    <message>
        <source>In: {scope}</source>
        <translation>范围：{scope}</translation>
    </message>
    <message>
        <source>Left out: {n}</source>
        <translation>已略去：{n}</translation>
    </message>
    <message>
        <source>Open the audit record</source>
        <translation>打开审计记录</translation>
    </message>
    <message>
        <source>PDF …</source>
        <translation>PDF…</translation>
    </message>
    <message>
        <source>Passages found: {n}</source>
        <translation>找到的段落：{n}</translation>
    </message>
    <message>
        <source>Record {n}</source>
        <translation>记录 {n}</translation>
    </message>
    <message>
        <source>Replaced or removed since this answer: {names}. The citations show the text as it was.</source>
        <translation>此回答之后已被替换或移除：{names}。引用显示的是当时的文字。</translation>
    </message>
    <message>
        <source>Said by the persona; it states no fact, so there is nothing to check</source>
        <translation>角色说的话，不陈述事实，因此无需核对</translation>
    </message>
    <message>
        <source>Searched for: {words}</source>
        <translation>检索内容：{words}</translation>
    </message>
    <message>
        <source>Sentences of the draft that your documents do not support</source>
        <translation>草稿中未得到您文档支持的句子</translation>
    </message>
    <message>
        <source>Stopped before there was an answer.</source>
        <translation>在得出回答之前已停止。</translation>
    </message>
    <message>
        <source>Stopped. The sentences above were checked; the answer is not complete.</source>
        <translation>已停止。以上句子均已核对，但回答并不完整。</translation>
    </message>
    <message>
        <source>The answer is being written</source>
        <translation>正在撰写回答</translation>
    </message>
    <message>
        <source>The glossary of the persona has other words for the question</source>
        <translation>角色的术语表为此问题提供了其他说法</translation>
    </message>
    <message>
        <source>The library has changed since: ask again and compare with this answer</source>
        <translation>此后文档库已有变化：再次提问并与此回答对比</translation>
    </message>
    <message>
        <source>The persona says: {words}</source>
        <translation>角色说：{words}</translation>
    </message>
    <message>
        <source>Understood as: {question}</source>
        <translation>理解为：{question}</translation>
    </message>
    <message>
        <source>Waiting for the engine</source>
        <translation>正在等待引擎</translation>
    </message>
    <message>
        <source>Web page (HTML) …</source>
        <translation>网页 (HTML)…</translation>
    </message>
    <message>
        <source>{time} · {seconds} s · {model}</source>
        <translation>{time} · {seconds} 秒 · {model}</translation>
    </message>
</context>
<context>
    <name>FirstStart</name>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Open Vademecum</source>
        <translation>打开 Vademecum</translation>
    </message>
    <message>
        <source>Skip the introduction</source>
        <translation>跳过引导</translation>
    </message>
    <message>
        <source>Start with an empty library</source>
        <translation>从空文档库开始</translation>
    </message>
    <message>
        <source>Welcome to Vademecum</source>
        <translation>欢迎使用 Vademecum</translation>
    </message>
</context>
<context>
    <name>Fold</name>
    <message>
        <source>folded</source>
        <translation>已折叠</translation>
    </message>
    <message>
        <source>open</source>
        <translation>已展开</translation>
    </message>
</context>
<context>
    <name>FormStep</name>
    <message>
        <source>1 dialogue was added.</source>
        <translation>已添加 1 段对话。</translation>
    </message>
    <message>
        <source>Abbreviations. Several are parted by semicolons.</source>
        <translation>缩写，多个之间用分号隔开。</translation>
    </message>
    <message>
        <source>Add these</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>As documents write it</source>
        <translation>文档中的写法</translation>
    </message>
    <message>
        <source>As in the sentences below.</source>
        <translation>如下面的句子。</translation>
    </message>
    <message>
        <source>Confusable</source>
        <translation>易混淆</translation>
    </message>
    <message>
        <source>Courteous and exact, as in a letter.</source>
        <translation>礼貌、准确，如同书信。</translation>
    </message>
    <message>
        <source>Definition</source>
        <translation>释义</translation>
    </message>
    <message>
        <source>Dialogues</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Dialogues (*.jsonl *.json *.csv *.tsv *.txt)</source>
        <translation>对话文件 (*.jsonl *.json *.csv *.tsv *.txt)</translation>
    </message>
    <message>
        <source>Dialogues to paste</source>
        <translation>要粘贴的对话</translation>
    </message>
    <message>
        <source>From a file …</source>
        <translation>从文件读取…</translation>
    </message>
    <message>
        <source>Glossary</source>
        <translation>术语表</translation>
    </message>
    <message>
        <source>Greeting</source>
        <translation>问候语</translation>
    </message>
    <message>
        <source>How it answers a greeting; without figures.</source>
        <translation>如何回应问候，不含数字。</translation>
    </message>
    <message>
        <source>How it answers, by example; none are needed.</source>
        <translation>用例子说明它如何回答，可以不填。</translation>
    </message>
    <message>
        <source>How it answers; without figures</source>
        <translation>它如何回答，不含数字</translation>
    </message>
    <message>
        <source>How it speaks</source>
        <translation>如何说话</translation>
    </message>
    <message>
        <source>It answers</source>
        <translation>它的回答</translation>
    </message>
    <message>
        <source>It is saved by itself a moment after you stop typing</source>
        <translation>停止输入片刻后自动保存</translation>
    </message>
    <message>
        <source>JSON Lines, CSV or text</source>
        <translation>JSON Lines、CSV 或文本</translation>
    </message>
    <message>
        <source>Languages</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Never say</source>
        <translation>从不说</translation>
    </message>
    <message>
        <source>Not saved yet; what you typed stays here. {why}</source>
        <translation>尚未保存，您输入的内容仍保留在此。{why}</translation>
    </message>
    <message>
        <source>Not to be confused with: words that look alike and mean something else</source>
        <translation>不要与之混淆：看起来相似但含义不同的词</translation>
    </message>
    <message>
        <source>One phrase a line</source>
        <translation>每行一个短语</translation>
    </message>
    <message>
        <source>One sentence a line: how it opens an answer</source>
        <translation>每行一句：它如何开始回答</translation>
    </message>
    <message>
        <source>Organisation</source>
        <translation>所属机构</translation>
    </message>
    <message>
        <source>Own dialogues</source>
        <translation>自有对话</translation>
    </message>
    <message>
        <source>Own sentences</source>
        <translation>自定句子</translation>
    </message>
    <message>
        <source>Paste dialogues</source>
        <translation>粘贴对话</translation>
    </message>
    <message>
        <source>Purpose</source>
        <translation>用途</translation>
    </message>
    <message>
        <source>Q: Who are you?
A: I am the assistant of the firm.</source>
        <translation>问：你是谁？
答：我是本事务所的助手。</translation>
    </message>
    <message>
        <source>Questions are searched with all words of a term. Several in one cell are parted by semicolons.</source>
        <translation>检索问题时会用到术语的所有说法。同一单元格中的多个词用分号隔开。</translation>
    </message>
    <message>
        <source>Read dialogues</source>
        <translation>读取对话</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>Saving …</source>
        <translation>正在保存…</translation>
    </message>
    <message>
        <source>Several are parted by semicolons.</source>
        <translation>多个之间用分号隔开。</translation>
    </message>
    <message>
        <source>Short</source>
        <translation>缩写</translation>
    </message>
    <message>
        <source>Somebody says</source>
        <translation>对方说</translation>
    </message>
    <message>
        <source>Speaks {language}</source>
        <translation>使用语言：{language}</translation>
    </message>
    <message>
        <source>Synonyms</source>
        <translation>同义词</translation>
    </message>
    <message>
        <source>Term</source>
        <translation>术语</translation>
    </message>
    <message>
        <source>To the point, without ornament.</source>
        <translation>直截了当，不加修饰。</translation>
    </message>
    <message>
        <source>Voice</source>
        <translation>语气</translation>
    </message>
    <message>
        <source>Warm, as among colleagues.</source>
        <translation>亲切，如同事之间。</translation>
    </message>
    <message>
        <source>What a person says to it</source>
        <translation>用户对它说的话</translation>
    </message>
    <message>
        <source>What it does, beginning with a verb: Help the staff with contracts.</source>
        <translation>它做什么，以动词开头：帮助员工查阅合同。</translation>
    </message>
    <message>
        <source>What it is called. One language is enough.</source>
        <translation>它叫什么，填一种语言即可。</translation>
    </message>
    <message>
        <source>What it means, in a few words</source>
        <translation>含义，简短几个字</translation>
    </message>
    <message>
        <source>Who it is</source>
        <translation>它是谁</translation>
    </message>
    <message>
        <source>Whom it works for; may be empty.</source>
        <translation>为谁工作，可以不填。</translation>
    </message>
    <message>
        <source>Words of the trade</source>
        <translation>行业用语</translation>
    </message>
    <message>
        <source>{n} dialogues were added.</source>
        <translation>已添加 {n} 段对话。</translation>
    </message>
    <message>
        <source>… and {n} more.</source>
        <translation>…还有 {n} 处。</translation>
    </message>
</context>
<context>
    <name>GateModel</name>
    <message>
        <source>After</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>Asked</source>
        <translation>题数</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>In per cent</source>
        <translation>百分比</translation>
    </message>
    <message>
        <source>In points, with its 95% interval</source>
        <translation>百分点，附 95% 置信区间</translation>
    </message>
    <message>
        <source>With 95% certainty between {low} and {high} points</source>
        <translation>有 95% 的把握在 {low} 到 {high} 个百分点之间</translation>
    </message>
</context>
<context>
    <name>GateStep</name>
    <message>
        <source>Answers about itself that went wrong: {n}</source>
        <translation>关于自身的错误回答：{n}</translation>
    </message>
    <message>
        <source>As it was then, it might have been installed.</source>
        <translation>按当时的状态，可以安装。</translation>
    </message>
    <message>
        <source>Figures before and after</source>
        <translation>前后指标</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>安装</translation>
    </message>
    <message>
        <source>Install again</source>
        <translation>重新安装</translation>
    </message>
    <message>
        <source>It has not been trained yet.</source>
        <translation>尚未训练。</translation>
    </message>
    <message>
        <source>It may be installed: it is itself, and nothing got worse.</source>
        <translation>可以安装：它保持了角色，各项指标均未变差。</translation>
    </message>
    <message>
        <source>It may not be installed.</source>
        <translation>不可以安装。</translation>
    </message>
    <message>
        <source>Progress of the gate</source>
        <translation>检验进度</translation>
    </message>
    <message>
        <source>Test again</source>
        <translation>重新检验</translation>
    </message>
    <message>
        <source>Test it</source>
        <translation>开始检验</translation>
    </message>
    <message>
        <source>The gate asks the model without and with the persona the same questions: who it is, how it speaks, the words of its trade, and whether it still cites, quotes and refuses as before. It takes some minutes.</source>
        <translation>检验时，用同样的问题分别询问无角色和有角色的模型：它是谁、如何说话、行业用语，以及是否仍像以前一样引用出处、照录原文，并在没有依据时拒绝回答。需要几分钟。</translation>
    </message>
    <message>
        <source>This was found for an earlier state of the persona. Test it again.</source>
        <translation>这是角色较早状态的检验结果，请重新检验。</translation>
    </message>
    <message>
        <source>To the training</source>
        <translation>前往训练</translation>
    </message>
</context>
<context>
    <name>HealthPanel</name>
    <message>
        <source>1 thing needs attention</source>
        <translation>有 1 个问题需要处理</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>高级</translation>
    </message>
    <message>
        <source>All is well</source>
        <translation>一切正常</translation>
    </message>
    <message>
        <source>Building the search index again …</source>
        <translation>正在重建检索索引…</translation>
    </message>
    <message>
        <source>Check now</source>
        <translation>立即检查</translation>
    </message>
    <message>
        <source>Checked at {time}.</source>
        <translation>检查时间：{time}。</translation>
    </message>
    <message>
        <source>Checked at {time}. Every document is there, unchanged, and can be found.</source>
        <translation>检查时间：{time}。所有文档齐全、未被改动，并且可以检索。</translation>
    </message>
    <message>
        <source>Checking the library …</source>
        <translation>正在检查文档库…</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Mend</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Mended: all is well again</source>
        <translation>已修复：一切恢复正常</translation>
    </message>
    <message>
        <source>Mended: {sentence}</source>
        <translation>已修复：{sentence}</translation>
    </message>
    <message>
        <source>Mending the library …</source>
        <translation>正在修复文档库…</translation>
    </message>
    <message>
        <source>Mends what can be mended. No document is removed.</source>
        <translation>修复可以修复的问题，不会移除任何文档。</translation>
    </message>
    <message>
        <source>Not checked yet since the program was started</source>
        <translation>程序启动后尚未检查</translation>
    </message>
    <message>
        <source>Progress of the check</source>
        <translation>检查进度</translation>
    </message>
    <message>
        <source>Rebuild the index</source>
        <translation>重建索引</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>The check could not be finished</source>
        <translation>检查未能完成</translation>
    </message>
    <message>
        <source>The check reads every document, compares it with what was noted when it was added, and looks whether the search index is complete.</source>
        <translation>检查会读取每份文档，与添加时的记录比对，并确认检索索引是否完整。</translation>
    </message>
    <message>
        <source>The check was stopped</source>
        <translation>检查已停止</translation>
    </message>
    <message>
        <source>The search index can be made again from the documents at any time. It is never needed after a check that found nothing; with many documents it takes some minutes.</source>
        <translation>检索索引随时可以根据文档重建。如果检查没有发现问题，则无需重建；文档较多时需要几分钟。</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>发现的问题</translation>
    </message>
    <message>
        <source>{n} things need attention</source>
        <translation>有 {n} 个问题需要处理</translation>
    </message>
    <message>
        <source>“Mend” could not put right what stands below; it says what you can do.</source>
        <translation>以下问题无法通过“修复”解决；请按其中的说明处理。</translation>
    </message>
    <message>
        <source>“Mend” puts right what it can. It never removes a document.</source>
        <translation>“修复”会处理可以修复的问题，绝不会移除文档。</translation>
    </message>
</context>
<context>
    <name>ImportCard</name>
    <message>
        <source>, </source>
        <translation>，</translation>
    </message>
    <message>
        <source>Adding to “{collection}”</source>
        <translation>正在添加到“{collection}”</translation>
    </message>
    <message>
        <source>Ask once more for the files that were rejected</source>
        <translation>再次尝试添加被拒绝的文件</translation>
    </message>
    <message>
        <source>Copy the list</source>
        <translation>复制列表</translation>
    </message>
    <message>
        <source>Finishing an interrupted import</source>
        <translation>正在完成中断的导入</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Hide the list</source>
        <translation>隐藏列表</translation>
    </message>
    <message>
        <source>Into the collection “{collection}”</source>
        <translation>导入到集合“{collection}”</translation>
    </message>
    <message>
        <source>New version of “{name}”</source>
        <translation>“{name}”的新版本</translation>
    </message>
    <message>
        <source>Pause the import</source>
        <translation>暂停导入</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Progress of the import</source>
        <translation>导入进度</translation>
    </message>
    <message>
        <source>Put away</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Show the list</source>
        <translation>显示列表</translation>
    </message>
    <message>
        <source>Stop the import</source>
        <translation>停止导入</translation>
    </message>
    <message>
        <source>Stopped. What was finished by then is in the library.</source>
        <translation>已停止。此前完成的内容已在文档库中。</translation>
    </message>
    <message>
        <source>Stopping …</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>The engine stopped; the import goes on as soon as it is back.</source>
        <translation>引擎已停止；恢复后将继续导入。</translation>
    </message>
    <message>
        <source>There was nothing to add</source>
        <translation>没有需要添加的内容</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Try {n} again</source>
        <translation>重试 {n} 个</translation>
    </message>
    <message>
        <source>Waiting for its turn …</source>
        <translation>正在排队…</translation>
    </message>
    <message>
        <source>about {n} h left</source>
        <translation>约剩 {n} 小时</translation>
    </message>
    <message>
        <source>about {n} min left</source>
        <translation>约剩 {n} 分钟</translation>
    </message>
    <message>
        <source>less than a minute left</source>
        <translation>剩余不到一分钟</translation>
    </message>
    <message>
        <source>page {done} of {total}</source>
        <translation>第 {done} 页，共 {total} 页</translation>
    </message>
    <message>
        <source>{done} of {total} files</source>
        <translation>{total} 个文件中的第 {done} 个</translation>
    </message>
    <message>
        <source>{n} added</source>
        <translation>已添加 {n} 份</translation>
    </message>
    <message>
        <source>{n} already there</source>
        <translation>{n} 份已存在</translation>
    </message>
    <message>
        <source>{n} partly readable</source>
        <translation>{n} 份部分可读</translation>
    </message>
    <message>
        <source>{n} rejected</source>
        <translation>{n} 份被拒绝</translation>
    </message>
    <message>
        <source>{n} replaced</source>
        <translation>已替换 {n} 份</translation>
    </message>
</context>
<context>
    <name>ImportPanel</name>
    <message>
        <source>Folder with exported models</source>
        <translation>存放已导出模型的文件夹</translation>
    </message>
    <message>
        <source>Import a model file</source>
        <translation>导入模型文件</translation>
    </message>
    <message>
        <source>Importing {file}</source>
        <translation>正在导入 {file}</translation>
    </message>
    <message>
        <source>Model files (*.gguf)</source>
        <translation>模型文件 (*.gguf)</translation>
    </message>
    <message>
        <source>Progress of the import</source>
        <translation>导入进度</translation>
    </message>
    <message>
        <source>Put away</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Taken over and checked: {names}</source>
        <translation>已导入并校验：{names}</translation>
    </message>
    <message>
        <source>Taking over models from {folder}</source>
        <translation>正在从 {folder} 导入模型</translation>
    </message>
    <message>
        <source>The model “{name}” is installed.</source>
        <translation>模型“{name}”已安装。</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>使用此模型</translation>
    </message>
    <message>
        <source>{file} was not imported</source>
        <translation>{file} 未能导入</translation>
    </message>
</context>
<context>
    <name>ImportStrip</name>
    <message>
        <source>Imports</source>
        <translation>导入</translation>
    </message>
</context>
<context>
    <name>JobStrip</name>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stopping …</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Waiting for its turn …</source>
        <translation>正在排队…</translation>
    </message>
</context>
<context>
    <name>LessonsModel</name>
    <message>
        <source>It answers</source>
        <translation>它的回答</translation>
    </message>
    <message>
        <source>Kept aside: not learned from, used to see when to stop</source>
        <translation>留出：不参与学习，用于判断何时停止</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Somebody says</source>
        <translation>对方说</translation>
    </message>
</context>
<context>
    <name>LessonsStep</name>
    <message>
        <source>Add an example</source>
        <translation>添加示例</translation>
    </message>
    <message>
        <source>All kinds</source>
        <translation>所有类别</translation>
    </message>
    <message>
        <source>Build anew</source>
        <translation>重新生成</translation>
    </message>
    <message>
        <source>Build the examples</source>
        <translation>生成示例</translation>
    </message>
    <message>
        <source>Build the examples anew?</source>
        <translation>要重新生成示例吗？</translation>
    </message>
    <message>
        <source>Examples</source>
        <translation>示例</translation>
    </message>
    <message>
        <source>From the form, the program builds some hundreds of examples: who it is in many phrasings, how it speaks, the words of its trade, and the model’s own answers, so that it forgets nothing. You can read and change every one of them before it is trained. The first time takes some minutes.</source>
        <translation>程序根据表单生成数百条示例：用多种问法说明它是谁、如何说话、行业用语，以及模型自己的回答，以免遗忘已有能力。训练之前，您可以查看并修改每一条。首次生成需要几分钟。</translation>
    </message>
    <message>
        <source>It answers</source>
        <translation>它的回答</translation>
    </message>
    <message>
        <source>Kind of example</source>
        <translation>示例类别</translation>
    </message>
    <message>
        <source>Said before: {text}</source>
        <translation>之前的话：{text}</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>Search the examples</source>
        <translation>搜索示例</translation>
    </message>
    <message>
        <source>Somebody says</source>
        <translation>对方说</translation>
    </message>
    <message>
        <source>Take the selected examples out  (Del)</source>
        <translation>删除所选示例（Del）</translation>
    </message>
    <message>
        <source>The examples are being built</source>
        <translation>正在生成示例</translation>
    </message>
    <message>
        <source>The examples were built from an earlier form. Build them anew.</source>
        <translation>这些示例是根据较早的表单生成的，请重新生成。</translation>
    </message>
    <message>
        <source>To the training</source>
        <translation>前往训练</translation>
    </message>
    <message>
        <source>What you changed, added or took out is set aside in a file and no longer learned from.</source>
        <translation>您所做的修改、添加和删除会另存为文件，不再用于学习。</translation>
    </message>
</context>
<context>
    <name>LibraryPage</name>
    <message>
        <source>Add a folder</source>
        <translation>添加文件夹</translation>
    </message>
    <message>
        <source>Add a folder to the library</source>
        <translation>将文件夹添加到文档库</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>添加文件</translation>
    </message>
    <message>
        <source>Add files to the library</source>
        <translation>将文件添加到文档库</translation>
    </message>
    <message>
        <source>Add folder</source>
        <translation>添加文件夹</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Copy the names</source>
        <translation>复制名称</translation>
    </message>
    <message>
        <source>Documents</source>
        <translation>文档</translation>
    </message>
    <message>
        <source>Documents: PDF, Word, Markdown, HTML, text</source>
        <translation>文档：PDF、Word、Markdown、HTML、文本</translation>
    </message>
    <message>
        <source>Drop files or whole folders anywhere in this window, or choose them: PDF, Word (DOCX), Markdown, HTML and plain text. They are copied into the library on this computer and never leave it. Scanned pages are read as well.</source>
        <translation>将文件或整个文件夹拖到本窗口的任意位置，或点击选择：PDF、Word（DOCX）、Markdown、HTML 和纯文本均可。它们会被复制到本机的文档库中，不会离开这台电脑。扫描页也能读取。</translation>
    </message>
    <message>
        <source>Filter the documents</source>
        <translation>筛选文档</translation>
    </message>
    <message>
        <source>Health</source>
        <translation>健康状况</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>文档库</translation>
    </message>
    <message>
        <source>Move the selected documents to a collection</source>
        <translation>将所选文档移动到集合</translation>
    </message>
    <message>
        <source>Name of the new collection</source>
        <translation>新集合的名称</translation>
    </message>
    <message>
        <source>Open the selected document</source>
        <translation>打开所选文档</translation>
    </message>
    <message>
        <source>Opening the library …</source>
        <translation>正在打开文档库…</translation>
    </message>
    <message>
        <source>Parts of the library page</source>
        <translation>文档库页面的各部分</translation>
    </message>
    <message>
        <source>Put your documents here</source>
        <translation>把您的文档放在这里</translation>
    </message>
    <message>
        <source>Remove the selected documents, or the collection</source>
        <translation>移除所选文档或集合</translation>
    </message>
    <message>
        <source>Rename the collection</source>
        <translation>重命名集合</translation>
    </message>
    <message>
        <source>Replace the selected document by a new version</source>
        <translation>将所选文档替换为新版本</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>示例文档</translation>
    </message>
    <message>
        <source>The library cannot be shown</source>
        <translation>无法显示文档库</translation>
    </message>
    <message>
        <source>They appear here as soon as the first of them are ready. You can already write your question.</source>
        <translation>第一批文档处理完后就会显示在这里。您现在就可以开始输入问题。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Try the selected rejected files again</source>
        <translation>重试所选的被拒绝文件</translation>
    </message>
    <message>
        <source>Try with the sample documents</source>
        <translation>用示例文档试一试</translation>
    </message>
    <message>
        <source>Your documents are being read</source>
        <translation>正在读取您的文档</translation>
    </message>
</context>
<context>
    <name>LinesModel</name>
    <message>
        <source>Added</source>
        <translation>已添加</translation>
    </message>
    <message>
        <source>Already there</source>
        <translation>已存在</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>New version</source>
        <translation>新版本</translation>
    </message>
    <message>
        <source>Partly</source>
        <translation>部分可读</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>被拒绝</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>What happened, what to do</source>
        <translation>情况与建议</translation>
    </message>
</context>
<context>
    <name>LinesTable</name>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Files of this import</source>
        <translation>此次导入的文件</translation>
    </message>
</context>
<context>
    <name>LookCard</name>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
</context>
<context>
    <name>LossCurve</name>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Loss curve</source>
        <translation>损失曲线</translation>
    </message>
    <message>
        <source>Loss on the examples kept aside: {loss} at step {step}.</source>
        <translation>留出示例的损失：第 {step} 步为 {loss}。</translation>
    </message>
    <message>
        <source>No step has been done yet.</source>
        <translation>尚未进行任何一步。</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>The curve appears with the first steps.</source>
        <translation>训练开始后显示曲线。</translation>
    </message>
    <message>
        <source>Training loss: {first} at step {begin}, {last} at step {end}.</source>
        <translation>训练损失：第 {begin} 步为 {first}，第 {end} 步为 {last}。</translation>
    </message>
    <message>
        <source>kept aside</source>
        <translation>留出示例</translation>
    </message>
    <message>
        <source>training</source>
        <translation>训练</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Ask</source>
        <translation>提问</translation>
    </message>
    <message>
        <source>Audit</source>
        <translation>审计</translation>
    </message>
    <message>
        <source>Drop files or folders to add them to the library</source>
        <translation>松开即可将文件或文件夹添加到文档库</translation>
    </message>
    <message>
        <source>Engine starting …</source>
        <translation>引擎正在启动…</translation>
    </message>
    <message>
        <source>Everywhere</source>
        <translation>全局</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Keyboard shortcuts  (?)</source>
        <translation>键盘快捷键（?）</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>文档库</translation>
    </message>
    <message>
        <source>Loading the models …</source>
        <translation>正在加载模型…</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>没有模型</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>离线</translation>
    </message>
    <message>
        <source>Page viewer</source>
        <translation>页面查看器</translation>
    </message>
    <message>
        <source>Personas</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Start the engine</source>
        <translation>启动引擎</translation>
    </message>
    <message>
        <source>The engine has stopped</source>
        <translation>引擎已停止</translation>
    </message>
    <message>
        <source>The engine is at work</source>
        <translation>引擎正在工作</translation>
    </message>
    <message>
        <source>The engine stopped several times in a minute. Start it again with the button below.</source>
        <translation>引擎在一分钟内多次停止。请用下方的按钮重新启动。</translation>
    </message>
    <message>
        <source>This program makes no network connection. Settings shows the proof.</source>
        <translation>本程序不建立任何网络连接。可在“设置”中验证。</translation>
    </message>
    <message>
        <source>graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>no model</source>
        <translation>没有模型</translation>
    </message>
    <message>
        <source>processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>{folder}: 1 document</source>
        <translation>{folder}：1 份文档</translation>
    </message>
    <message>
        <source>{folder}: {count} documents</source>
        <translation>{folder}：{count} 份文档</translation>
    </message>
</context>
<context>
    <name>MergePanel</name>
    <message>
        <source>Choose the file …</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Export a merged model</source>
        <translation>导出合并模型</translation>
    </message>
    <message>
        <source>Model and persona in one GGUF file that other programs can run, too. Small types may lose the persona: the result is asked who it is, and the next larger type is tried where it was lost.</source>
        <translation>将模型与角色合并为一个 GGUF 文件，其他程序也能运行。较小的类型可能丢失角色：导出后会询问其身份，如已丢失则改用更大的类型。</translation>
    </message>
    <message>
        <source>Model files (*.gguf)</source>
        <translation>模型文件 (*.gguf)</translation>
    </message>
    <message>
        <source>Persona</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Progress of the merged model</source>
        <translation>合并模型的导出进度</translation>
    </message>
    <message>
        <source>Put away</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>Says who it is</source>
        <translation>说出身份</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Type of the merged model</source>
        <translation>合并模型的类型</translation>
    </message>
    <message>
        <source>Written as {kind}: {file}</source>
        <translation>已导出为 {kind}：{file}</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>保持</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>丢失</translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>How fast it writes on this computer; takes up to a minute</source>
        <translation>测试它在本机上的生成速度，最多需要一分钟</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>使用中</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>测速</translation>
    </message>
    <message>
        <source>Measure the model {name}</source>
        <translation>为模型 {name} 测速</translation>
    </message>
    <message>
        <source>Measuring …</source>
        <translation>正在测速…</translation>
    </message>
    <message>
        <source>Not installed</source>
        <translation>未安装</translation>
    </message>
    <message>
        <source>Remove the model {name}</source>
        <translation>移除模型 {name}</translation>
    </message>
    <message>
        <source>Remove …</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>This model is large for a computer with {memory} GB of memory.</source>
        <translation>对于内存为 {memory} GB 的电脑来说，此模型偏大。</translation>
    </message>
    <message>
        <source>Use the model {name}</source>
        <translation>使用模型 {name}</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>使用此模型</translation>
    </message>
    <message>
        <source>speed not measured yet</source>
        <translation>尚未测速</translation>
    </message>
    <message>
        <source>writes {speed} tokens a second here</source>
        <translation>在本机每秒生成 {speed} 个词元</translation>
    </message>
</context>
<context>
    <name>ModelStep</name>
    <message>
        <source>A language model reads the passages found and words the answer; every sentence is then checked.</source>
        <translation>语言模型会阅读检索到的段落并撰写回答；随后每句话都会经过核对。</translation>
    </message>
    <message>
        <source>A model to write the answers</source>
        <translation>选择撰写回答的模型</translation>
    </message>
    <message>
        <source>Import a GGUF file …</source>
        <translation>导入 GGUF 文件…</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>重新查找</translation>
    </message>
    <message>
        <source>Looking for models …</source>
        <translation>正在查找模型…</translation>
    </message>
    <message>
        <source>No model is installed yet.</source>
        <translation>尚未安装任何模型。</translation>
    </message>
    <message>
        <source>Take over from a folder …</source>
        <translation>从文件夹导入…</translation>
    </message>
    <message>
        <source>The model that finds the passages is not installed yet.</source>
        <translation>尚未安装用于查找段落的模型。</translation>
    </message>
    <message>
        <source>These models are installed. Which one is to write the answers?</source>
        <translation>已安装以下模型。用哪一个撰写回答？</translation>
    </message>
    <message>
        <source>Use “{title}” ({size})</source>
        <translation>使用“{title}”（{size}）</translation>
    </message>
    <message>
        <source>You can change all of this later on the page “Models”.</source>
        <translation>以后可以随时在“模型”页面中更改。</translation>
    </message>
    <message>
        <source>“{title}” is installed and writes the answers.</source>
        <translation>“{title}”已安装，将用于撰写回答。</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>A language model of your own, as one file; you can also drop it here</source>
        <translation>您自己的语言模型（单个文件）；也可以直接拖放到此处</translation>
    </message>
    <message>
        <source>Import a GGUF file …</source>
        <translation>导入 GGUF 文件…</translation>
    </message>
    <message>
        <source>Its files ({size}) are deleted from this computer. Documents and records stay.</source>
        <translation>其文件（{size}）将从本机删除。文档和记录不受影响。</translation>
    </message>
    <message>
        <source>Memory and processor</source>
        <translation>内存与处理器</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Models that another computer exported onto a USB stick</source>
        <translation>从另一台电脑导出到 U 盘的模型</translation>
    </message>
    <message>
        <source>Models that write the answers</source>
        <translation>撰写回答的模型</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove the model “{name}”?</source>
        <translation>移除模型“{name}”？</translation>
    </message>
    <message>
        <source>Take over from a folder …</source>
        <translation>从文件夹导入…</translation>
    </message>
    <message>
        <source>The model that finds the passages</source>
        <translation>查找段落的模型</translation>
    </message>
    <message>
        <source>They run on this computer alone. No question and no document ever leaves it.</source>
        <translation>模型只在本机运行。任何问题和文档都不会离开本机。</translation>
    </message>
    <message>
        <source>“{name}” writes the answers from now on.</source>
        <translation>从现在起由“{name}”撰写回答。</translation>
    </message>
</context>
<context>
    <name>NewPersona</name>
    <message>
        <source>An empty form</source>
        <translation>空白表单</translation>
    </message>
    <message>
        <source>Begin</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Begin with</source>
        <translation>起始内容</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Like “{name}”</source>
        <translation>与“{name}”相同</translation>
    </message>
    <message>
        <source>Lower-case letters, digits and hyphens. The name it is called by comes in the form.</source>
        <translation>小写字母、数字和连字符。它的称呼在表单中填写。</translation>
    </message>
    <message>
        <source>New persona</source>
        <translation>新建角色</translation>
    </message>
    <message>
        <source>Short name</source>
        <translation>短名称</translation>
    </message>
</context>
<context>
    <name>NotFound</name>
    <message>
        <source>Nearest passages, for you to judge</source>
        <translation>最接近的段落，供您判断</translation>
    </message>
    <message>
        <source>Pages that could not be read, so were not searched: {n}</source>
        <translation>因无法读取而未被检索的页数：{n}</translation>
    </message>
    <message>
        <source>There is no document to search yet. Add some on the library page.</source>
        <translation>还没有可检索的文档。请在“文档库”页面添加。</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Put away</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>OfflineCard</name>
    <message>
        <source>All {count} attempts were prevented.</source>
        <translation>全部 {count} 次尝试均被阻止。</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>离线</translation>
    </message>
    <message>
        <source>Prove it</source>
        <translation>立即验证</translation>
    </message>
    <message>
        <source>Try to reach a network from inside the engine</source>
        <translation>从引擎内部尝试访问网络</translation>
    </message>
    <message>
        <source>Trying every way out …</source>
        <translation>正在尝试每一种外连方式…</translation>
    </message>
    <message>
        <source>Your documents, questions and answers stay on this computer. The engine refuses every connection, every name look-up and every datagram; on Linux the system itself refuses it network sockets as well. No usage data, no update check, no link in an answer is ever followed.</source>
        <translation>您的文档、问题和回答都留在本机。引擎拒绝一切网络连接、域名查询和数据报；在 Linux 上，操作系统也会拒绝为其打开网络套接字。不收集使用数据，不检查更新，也绝不打开回答中的链接。</translation>
    </message>
    <message>
        <source>{open} of {count} attempts were not prevented. Please report this.</source>
        <translation>{count} 次尝试中有 {open} 次未被阻止。请反馈此问题。</translation>
    </message>
</context>
<context>
    <name>PageView</name>
    <message>
        <source>({position} of {pages})</source>
        <translation>（第 {position} 页，共 {pages} 页）</translation>
    </message>
    <message>
        <source>Choose a citation in an answer: its document opens here, with the cited lines highlighted.</source>
        <translation>选择回答中的引用，相应文档就会在此打开，并突出显示所引的行。</translation>
    </message>
    <message>
        <source>Citation {n} of {total}</source>
        <translation>第 {n} 处引用，共 {total} 处</translation>
    </message>
    <message>
        <source>Copy the quote that is highlighted</source>
        <translation>复制突出显示的引文</translation>
    </message>
    <message>
        <source>First or last page</source>
        <translation>第一页或最后一页</translation>
    </message>
    <message>
        <source>Fit the width</source>
        <translation>适合宽度</translation>
    </message>
    <message>
        <source>Fit the width  (Ctrl+0)</source>
        <translation>适合宽度（Ctrl+0）</translation>
    </message>
    <message>
        <source>Go to a page: type a printed page number or a position</source>
        <translation>转到页面：输入印刷页码或页序号</translation>
    </message>
    <message>
        <source>Highlighted: {quote}</source>
        <translation>突出显示：{quote}</translation>
    </message>
    <message>
        <source>Next citation</source>
        <translation>下一处引用</translation>
    </message>
    <message>
        <source>Next citation  (N)</source>
        <translation>下一处引用（N）</translation>
    </message>
    <message>
        <source>No document is open</source>
        <translation>未打开文档</translation>
    </message>
    <message>
        <source>Open the present version</source>
        <translation>打开当前版本</translation>
    </message>
    <message>
        <source>Opening …</source>
        <translation>正在打开…</translation>
    </message>
    <message>
        <source>Page viewer</source>
        <translation>页面查看器</translation>
    </message>
    <message>
        <source>Page: a printed page number or a position</source>
        <translation>页面：印刷页码或页序号</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>Password of the document</source>
        <translation>文档密码</translation>
    </message>
    <message>
        <source>Previous citation</source>
        <translation>上一处引用</translation>
    </message>
    <message>
        <source>Previous citation  (P)</source>
        <translation>上一处引用（P）</translation>
    </message>
    <message>
        <source>Previous or next section, in a document without pages</source>
        <translation>上一节或下一节（无页码的文档）</translation>
    </message>
    <message>
        <source>Protected by a password</source>
        <translation>受密码保护</translation>
    </message>
    <message>
        <source>Quoted from this page, not highlighted: {quote}</source>
        <translation>引自本页（未突出显示）：{quote}</translation>
    </message>
    <message>
        <source>Show the pages</source>
        <translation>显示页面</translation>
    </message>
    <message>
        <source>Text of the page</source>
        <translation>本页文字</translation>
    </message>
    <message>
        <source>Text of the page  (T)</source>
        <translation>本页文字（T）</translation>
    </message>
    <message>
        <source>The document cannot be shown</source>
        <translation>无法显示该文档</translation>
    </message>
    <message>
        <source>The document has no page {n}.</source>
        <translation>该文档没有第 {n} 页。</translation>
    </message>
    <message>
        <source>The document has no section {n}.</source>
        <translation>该文档没有第 {n} 节。</translation>
    </message>
    <message>
        <source>The exact place is not known; this is the page.</source>
        <translation>确切位置未知；引文位于本页。</translation>
    </message>
    <message>
        <source>The exact place is not known; this is the section.</source>
        <translation>确切位置未知；此处为所在的章节。</translation>
    </message>
    <message>
        <source>There is no page “{typed}” in this document.</source>
        <translation>该文档中没有页码“{typed}”。</translation>
    </message>
    <message>
        <source>This document has been replaced since by a newer version.</source>
        <translation>该文档此后已被新版本替换。</translation>
    </message>
    <message>
        <source>This document is no longer in the library. This is the copy that was kept.</source>
        <translation>该文档已不在文档库中。这是保留的副本。</translation>
    </message>
    <message>
        <source>This is an earlier version; the document has been replaced since.</source>
        <translation>这是旧版本；该文档此后已被替换。</translation>
    </message>
    <message>
        <source>This page has no text.</source>
        <translation>本页没有文字。</translation>
    </message>
    <message>
        <source>What was quoted from page {page}:</source>
        <translation>引自第 {page} 页的内容：</translation>
    </message>
    <message>
        <source>What was quoted from the section “{page}”:</source>
        <translation>引自“{page}”一节的原文：</translation>
    </message>
    <message>
        <source>Zoom in  (+)</source>
        <translation>放大（+）</translation>
    </message>
    <message>
        <source>Zoom in or out</source>
        <translation>放大或缩小</translation>
    </message>
    <message>
        <source>Zoom out  (−)</source>
        <translation>缩小（−）</translation>
    </message>
    <message>
        <source>section {n} of {total}</source>
        <translation>第 {n} 节，共 {total} 节</translation>
    </message>
    <message>
        <source>text recognised from the picture</source>
        <translation>文字由图像识别得到</translation>
    </message>
    <message>
        <source>this page could not be read</source>
        <translation>本页无法读取</translation>
    </message>
    <message>
        <source>{document}, page {label}, {position} of {pages}</source>
        <translation>{document}，页码 {label}，第 {position} 页，共 {pages} 页</translation>
    </message>
    <message>
        <source>{document}, section “{label}”, {position} of {sections}</source>
        <translation>{document}，“{label}”一节，第 {position} 节，共 {sections} 节</translation>
    </message>
    <message>
        <source>{n} citations</source>
        <translation>{n} 处引用</translation>
    </message>
</context>
<context>
    <name>PassageRow</name>
    <message>
        <source>Found: {document}, {page}</source>
        <translation>找到：{document}，{page}</translation>
    </message>
</context>
<context>
    <name>Passages</name>
    <message>
        <source>Show all {n}</source>
        <translation>显示全部 {n} 个</translation>
    </message>
</context>
<context>
    <name>Persona</name>
    <message>
        <source>Formal</source>
        <translation>正式</translation>
    </message>
    <message>
        <source>Friendly</source>
        <translation>亲切</translation>
    </message>
    <message>
        <source>General abilities</source>
        <translation>通用能力</translation>
    </message>
    <message>
        <source>How it speaks</source>
        <translation>如何说话</translation>
    </message>
    <message>
        <source>Own dialogues</source>
        <translation>自有对话</translation>
    </message>
    <message>
        <source>Own sentences</source>
        <translation>自定句子</translation>
    </message>
    <message>
        <source>Plain</source>
        <translation>平实</translation>
    </message>
    <message>
        <source>Who it is</source>
        <translation>它是谁</translation>
    </message>
    <message>
        <source>Words of the trade</source>
        <translation>行业用语</translation>
    </message>
    <message>
        <source>about {n} h left</source>
        <translation>约剩 {n} 小时</translation>
    </message>
    <message>
        <source>about {n} min left</source>
        <translation>约剩 {n} 分钟</translation>
    </message>
    <message>
        <source>less than a minute left</source>
        <translation>不到 1 分钟</translation>
    </message>
    <message>
        <source>{n} h</source>
        <translation>{n} 小时</translation>
    </message>
    <message>
        <source>{n} min</source>
        <translation>{n} 分钟</translation>
    </message>
    <message>
        <source>{n} s</source>
        <translation>{n} 秒</translation>
    </message>
</context>
<context>
    <name>PersonaList</name>
    <message>
        <source>In the making</source>
        <translation>制作中</translation>
    </message>
    <message>
        <source>Installed</source>
        <translation>已安装</translation>
    </message>
    <message>
        <source>Personas</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Ready to begin with</source>
        <translation>现成模板</translation>
    </message>
    <message>
        <source>comes with the program</source>
        <translation>随程序提供</translation>
    </message>
    <message>
        <source>damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>for another model</source>
        <translation>用于其他模型</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>使用中</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>已安装</translation>
    </message>
    <message>
        <source>not installed yet</source>
        <translation>尚未安装</translation>
    </message>
</context>
<context>
    <name>PersonaPane</name>
    <message>
        <source>About</source>
        <translation>简介</translation>
    </message>
    <message>
        <source>Delete what is in the making …</source>
        <translation>删除制作内容…</translation>
    </message>
    <message>
        <source>Examples</source>
        <translation>示例</translation>
    </message>
    <message>
        <source>Export a merged model …</source>
        <translation>导出合并模型…</translation>
    </message>
    <message>
        <source>Export as a file …</source>
        <translation>导出为文件…</translation>
    </message>
    <message>
        <source>Export, copy, remove</source>
        <translation>导出、复制、移除</translation>
    </message>
    <message>
        <source>Form</source>
        <translation>表单</translation>
    </message>
    <message>
        <source>Gate</source>
        <translation>检验</translation>
    </message>
    <message>
        <source>It was made for the model {base} and cannot speak with the one in use.</source>
        <translation>它是为模型 {base} 制作的，不能与当前模型一起使用。</translation>
    </message>
    <message>
        <source>Let it speak from now on</source>
        <translation>从现在起由它说话</translation>
    </message>
    <message>
        <source>Make one like it …</source>
        <translation>以此为模板新建…</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Remove …</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Save now</source>
        <translation>立即保存</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步骤</translation>
    </message>
    <message>
        <source>Stop using</source>
        <translation>停止使用</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试用</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>done</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>已安装</translation>
    </message>
    <message>
        <source>installed for {base}</source>
        <translation>已为 {base} 安装</translation>
    </message>
    <message>
        <source>made from an earlier form</source>
        <translation>根据较早的表单制作</translation>
    </message>
    <message>
        <source>needs a look</source>
        <translation>需要查看</translation>
    </message>
</context>
<context>
    <name>PersonaSwitch</name>
    <message>
        <source>No persona</source>
        <translation>不使用角色</translation>
    </message>
    <message>
        <source>Persona: {name}</source>
        <translation>角色：{name}</translation>
    </message>
    <message>
        <source>Personas …</source>
        <translation>角色…</translation>
    </message>
    <message>
        <source>Use the model {base}, or train it again on the one in use.</source>
        <translation>请使用模型 {base}，或在当前模型上重新训练。</translation>
    </message>
    <message>
        <source>Who speaks: choose a persona</source>
        <translation>由谁说话：选择角色</translation>
    </message>
    <message>
        <source>no persona</source>
        <translation>无角色</translation>
    </message>
    <message>
        <source>{name}: damaged</source>
        <translation>{name}：已损坏</translation>
    </message>
    <message>
        <source>{name}: made for the model {base}</source>
        <translation>{name}：为模型 {base} 制作</translation>
    </message>
</context>
<context>
    <name>PersonasPage</name>
    <message>
        <source>A persona gives the assistant a name, a voice and the words of your trade. What is true still comes from your documents alone. Choose one at the left, or make your own.</source>
        <translation>角色赋予助手名称、语气和您所在行业的用语；事实仍只来自您的文档。请在左侧选择一个，或制作自己的角色。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete what is in the making of “{name}”?</source>
        <translation>要删除“{name}”的制作内容吗？</translation>
    </message>
    <message>
        <source>Export a persona</source>
        <translation>导出角色</translation>
    </message>
    <message>
        <source>Import a persona file</source>
        <translation>导入角色文件</translation>
    </message>
    <message>
        <source>It is in use: no persona speaks from then on.</source>
        <translation>它正在使用中，移除后将不使用任何角色。</translation>
    </message>
    <message>
        <source>It is taken off the shelf. What is in the making stays, and can be installed again.</source>
        <translation>它将被移除。制作内容会保留，可以重新安装。</translation>
    </message>
    <message>
        <source>Its files are deleted from this computer.</source>
        <translation>其文件将从本机删除。</translation>
    </message>
    <message>
        <source>Its form, examples and training are deleted and cannot be brought back.</source>
        <translation>其表单、示例和训练结果将被删除，无法恢复。</translation>
    </message>
    <message>
        <source>New persona</source>
        <translation>新建角色</translation>
    </message>
    <message>
        <source>New persona  (Ctrl+N)</source>
        <translation>新建角色（Ctrl+N）</translation>
    </message>
    <message>
        <source>New persona …</source>
        <translation>新建角色…</translation>
    </message>
    <message>
        <source>No persona speaks from now on.</source>
        <translation>从现在起不使用角色。</translation>
    </message>
    <message>
        <source>Persona files (*.persona)</source>
        <translation>角色文件 (*.persona)</translation>
    </message>
    <message>
        <source>Persona files (*.persona);;All files (*)</source>
        <translation>角色文件 (*.persona);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Personas</source>
        <translation>角色</translation>
    </message>
    <message>
        <source>Read the list anew</source>
        <translation>重新读取列表</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove the persona “{name}”?</source>
        <translation>要移除角色“{name}”吗？</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>Replace the installed persona?</source>
        <translation>要替换已安装的角色吗？</translation>
    </message>
    <message>
        <source>Save what was typed</source>
        <translation>保存输入的内容</translation>
    </message>
    <message>
        <source>The installed persona stays.</source>
        <translation>已安装的角色会保留。</translation>
    </message>
    <message>
        <source>Who speaks?</source>
        <translation>由谁说话？</translation>
    </message>
    <message>
        <source>“{id}” is in {file}.</source>
        <translation>“{id}”已导出到 {file}。</translation>
    </message>
    <message>
        <source>“{name}” is installed.</source>
        <translation>“{name}”已安装。</translation>
    </message>
    <message>
        <source>“{name}” speaks from now on.</source>
        <translation>从现在起由“{name}”说话。</translation>
    </message>
</context>
<context>
    <name>PlaceRow</name>
    <message>
        <source>Copied.</source>
        <translation>已复制。</translation>
    </message>
    <message>
        <source>Copy the path: {name}</source>
        <translation>复制路径：{name}</translation>
    </message>
    <message>
        <source>No file manager could be opened. The folder is {folder}.</source>
        <translation>无法打开文件管理器。文件夹位于 {folder}。</translation>
    </message>
    <message>
        <source>Show in the file manager: {name}</source>
        <translation>在文件管理器中显示：{name}</translation>
    </message>
</context>
<context>
    <name>PlaceStep</name>
    <message>
        <source>Choose another place …</source>
        <translation>选择其他位置…</translation>
    </message>
    <message>
        <source>Copies of your documents, their index and the record of every answer are kept here.</source>
        <translation>文档副本、检索索引和每个回答的记录都保存在这里。</translation>
    </message>
    <message>
        <source>Good to have you here</source>
        <translation>很高兴与您相遇</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Opening …</source>
        <translation>正在打开…</translation>
    </message>
    <message>
        <source>The library is ready.</source>
        <translation>文档库已就绪。</translation>
    </message>
    <message>
        <source>This library holds 1 document already.</source>
        <translation>该文档库中已有 1 份文档。</translation>
    </message>
    <message>
        <source>This library holds {count} documents already.</source>
        <translation>此文档库中已有 {count} 份文档。</translation>
    </message>
    <message>
        <source>Vademecum answers from your own documents and shows the page or section behind every sentence. It works entirely on this computer.</source>
        <translation>Vademecum 根据您自己的文档作答，并为每句话标明所在的页或章节。一切都在这台电脑上完成。</translation>
    </message>
    <message>
        <source>Where the library lives</source>
        <translation>文档库的位置</translation>
    </message>
    <message>
        <source>Your library</source>
        <translation>您的文档库</translation>
    </message>
</context>
<context>
    <name>PlacesCard</name>
    <message>
        <source>A folder that holds a library, or an empty one for a new library</source>
        <translation>已有文档库的文件夹，或用于新建文档库的空文件夹</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>文档库</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Open another library</source>
        <translation>打开其他文档库</translation>
    </message>
    <message>
        <source>Open another library …</source>
        <translation>打开其他文档库…</translation>
    </message>
    <message>
        <source>Settings file</source>
        <translation>设置文件</translation>
    </message>
</context>
<context>
    <name>Prose</name>
    <message>
        <source>Copy the selection</source>
        <translation>复制所选内容</translation>
    </message>
    <message>
        <source>Copy the text</source>
        <translation>复制文字</translation>
    </message>
</context>
<context>
    <name>QuestionBox</name>
    <message>
        <source>A question can have 4,000 characters.</source>
        <translation>问题最多 4,000 个字符。</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>提问</translation>
    </message>
    <message>
        <source>Ask  (Enter)</source>
        <translation>提问（Enter）</translation>
    </message>
    <message>
        <source>Ask about your documents</source>
        <translation>就您的文档提问</translation>
    </message>
    <message>
        <source>Enter asks, Shift+Enter begins a new line</source>
        <translation>Enter 提问，Shift+Enter 换行</translation>
    </message>
    <message>
        <source>In: {scope}</source>
        <translation>范围：{scope}</translation>
    </message>
    <message>
        <source>Look in everything</source>
        <translation>在全部文档中查找</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stop  (Esc)</source>
        <translation>停止（Esc）</translation>
    </message>
    <message>
        <source>Stopping …</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Where the question looks. Choose it in the list at the left.</source>
        <translation>提问的检索范围。请在左侧列表中选择。</translation>
    </message>
    <message>
        <source>Your question</source>
        <translation>您的问题</translation>
    </message>
</context>
<context>
    <name>Questions</name>
    <message>
        <source>Keep both</source>
        <translation>两份都保留</translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>不添加</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>Password of the files</source>
        <translation>文件的密码</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>The files are not added</source>
        <translation>不添加这些文件</translation>
    </message>
    <message>
        <source>The files become the new versions; the former ones are kept as history</source>
        <translation>这些文件将成为新版本，原版本作为历史保留</translation>
    </message>
    <message>
        <source>The files get a number after their name</source>
        <translation>这些文件的名称后会加上序号</translation>
    </message>
    <message>
        <source>The one you gave does not open it.</source>
        <translation>您输入的密码无法打开它。</translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>解锁</translation>
    </message>
    <message>
        <source>{n} files have the name of another document here.</source>
        <translation>有 {n} 个文件与此处的其他文档同名。</translation>
    </message>
    <message>
        <source>{n} files need a password.</source>
        <translation>有 {n} 个文件需要密码。</translation>
    </message>
    <message>
        <source>“{name}” has the name of another document here.</source>
        <translation>“{name}”与此处的另一份文档同名。</translation>
    </message>
    <message>
        <source>“{name}” needs a password.</source>
        <translation>“{name}”需要密码。</translation>
    </message>
</context>
<context>
    <name>ReadingCard</name>
    <message>
        <source>Back to the defaults</source>
        <translation>恢复默认值</translation>
    </message>
    <message>
        <source>Largest file that is read</source>
        <translation>可读取的最大文件</translation>
    </message>
    <message>
        <source>Limits for reading</source>
        <translation>读取限制</translation>
    </message>
    <message>
        <source>Longest time for one file before it is given up</source>
        <translation>读取单个文件的最长时间，超过即放弃</translation>
    </message>
    <message>
        <source>Longest time for one page before it is given up</source>
        <translation>读取单页的最长时间，超过即放弃</translation>
    </message>
    <message>
        <source>Memory cap of the process that reads files</source>
        <translation>读取进程的内存上限</translation>
    </message>
    <message>
        <source>Pages of one file that are read at most</source>
        <translation>单个文件最多读取的页数</translation>
    </message>
    <message>
        <source>Read scanned pages by character recognition (OCR)</source>
        <translation>用文字识别 (OCR) 读取扫描页</translation>
    </message>
    <message>
        <source>Without it, pages that are only pictures cannot be searched. Files added from now on are concerned.</source>
        <translation>关闭后，纯图像页面将无法检索。此设置对之后添加的文件生效。</translation>
    </message>
    <message>
        <source>s</source>
        <translation>秒</translation>
    </message>
</context>
<context>
    <name>RecordView</name>
    <message>
        <source>Computed on</source>
        <translation>运算设备</translation>
    </message>
    <message>
        <source>Copy what this tab shows</source>
        <translation>复制此标签页的内容</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>Embedding model</source>
        <translation>嵌入模型</translation>
    </message>
    <message>
        <source>Extent</source>
        <translation>检索量</translation>
    </message>
    <message>
        <source>Language model</source>
        <translation>语言模型</translation>
    </message>
    <message>
        <source>Left out, and why</source>
        <translation>已略去的句子及原因</translation>
    </message>
    <message>
        <source>Library revision</source>
        <translation>文档库版本</translation>
    </message>
    <message>
        <source>Model and settings</source>
        <translation>模型与设置</translation>
    </message>
    <message>
        <source>Not readable</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>Passages found</source>
        <translation>检索到的段落</translation>
    </message>
    <message>
        <source>Persona</source>
        <translation>助手角色</translation>
    </message>
    <message>
        <source>Place in the chain</source>
        <translation>在记录链中的位置</translation>
    </message>
    <message>
        <source>Raw JSON</source>
        <translation>原始 JSON</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Record {number}</source>
        <translation>记录 {number}</translation>
    </message>
    <message>
        <source>SHA-256 of the embedding model</source>
        <translation>嵌入模型的 SHA-256</translation>
    </message>
    <message>
        <source>SHA-256 of the model</source>
        <translation>模型的 SHA-256</translation>
    </message>
    <message>
        <source>SHA-256 of the persona</source>
        <translation>助手角色的 SHA-256</translation>
    </message>
    <message>
        <source>SHA-256 of the prompt</source>
        <translation>提示词的 SHA-256</translation>
    </message>
    <message>
        <source>SHA-256 of the record before</source>
        <translation>上一条记录的 SHA-256</translation>
    </message>
    <message>
        <source>SHA-256 of this record</source>
        <translation>本记录的 SHA-256</translation>
    </message>
    <message>
        <source>Searched in</source>
        <translation>检索范围</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机数种子</translation>
    </message>
    <message>
        <source>The answer, sentence by sentence</source>
        <translation>逐句回答</translation>
    </message>
    <message>
        <source>The model&apos;s draft, unchecked</source>
        <translation>模型草稿（未经核对）</translation>
    </message>
    <message>
        <source>The record as raw JSON</source>
        <translation>原始 JSON 记录</translation>
    </message>
    <message>
        <source>The record, told</source>
        <translation>记录内容</translation>
    </message>
    <message>
        <source>The record, told or raw</source>
        <translation>记录：叙述或原始内容</translation>
    </message>
    <message>
        <source>This record was changed after it was written; do not rely on it.</source>
        <translation>此记录在写入后被改动，请勿采信。</translation>
    </message>
    <message>
        <source>Time (UTC)</source>
        <translation>时间 (UTC)</translation>
    </message>
    <message>
        <source>What stands there</source>
        <translation>现有内容</translation>
    </message>
    <message>
        <source>asked by {user}</source>
        <translation>提问者：{user}</translation>
    </message>
    <message>
        <source>graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>score {score} · meaning {meaning} · words {words}</source>
        <translation>得分 {score} · 语义 {meaning} · 关键词 {words}</translation>
    </message>
    <message>
        <source>shown to the model as {number}</source>
        <translation>提供给模型时的编号：{number}</translation>
    </message>
    <message>
        <source>{total} s: search {find} s, writing {draft} s, checking {verify} s</source>
        <translation>{total} 秒：检索 {find} 秒，撰写 {draft} 秒，核对 {verify} 秒</translation>
    </message>
    <message>
        <source>{verdict} (support {share})</source>
        <translation>{verdict}（支持度 {share}）</translation>
    </message>
</context>
<context>
    <name>RecordsModel</name>
    <message>
        <source>Answered</source>
        <translation>已回答</translation>
    </message>
    <message>
        <source>Collections</source>
        <translation>集合</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>闲聊</translation>
    </message>
    <message>
        <source>Intact</source>
        <translation>完好</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>No.</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>The record is as it was written</source>
        <translation>记录与写入时一致</translation>
    </message>
    <message>
        <source>The record was changed after it was written</source>
        <translation>记录在写入后被改动</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户</translation>
    </message>
    <message>
        <source>all</source>
        <translation>全部</translation>
    </message>
</context>
<context>
    <name>ResourcesCard</name>
    <message>
        <source>Applied.</source>
        <translation>已应用。</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Automatic ({count})</source>
        <translation>自动（{count}）</translation>
    </message>
    <message>
        <source>Automatic uses every physical core.</source>
        <translation>自动：使用全部物理核心。</translation>
    </message>
    <message>
        <source>Back to automatic</source>
        <translation>恢复自动</translation>
    </message>
    <message>
        <source>Context, in tokens</source>
        <translation>上下文长度（词元）</translation>
    </message>
    <message>
        <source>Do not use</source>
        <translation>不使用</translation>
    </message>
    <message>
        <source>Evidence, in tokens</source>
        <translation>证据长度（词元）</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>How much of the passages the model reads. More of it, and the answer begins later.</source>
        <translation>模型阅读的段落文字量。越多，回答开始得越晚。</translation>
    </message>
    <message>
        <source>Longest prompt and answer together. A longer one needs more memory.</source>
        <translation>提示词与回答的总长度上限。越长，占用内存越多。</translation>
    </message>
    <message>
        <source>Processor threads</source>
        <translation>处理器线程</translation>
    </message>
    <message>
        <source>The model is loaded anew when this is applied.</source>
        <translation>应用后将重新加载模型。</translation>
    </message>
    <message>
        <source>This computer: {cores} cores, {memory} GB of memory.</source>
        <translation>本机：{cores} 个核心，{memory} GB 内存。</translation>
    </message>
    <message>
        <source>Used where there is one that this program knows.</source>
        <translation>有本程序支持的显卡时使用。</translation>
    </message>
    <message>
        <source>{count} layers</source>
        <translation>{count} 层</translation>
    </message>
</context>
<context>
    <name>ScopeModel</name>
    <message>
        <source>1 page</source>
        <translation>1 页</translation>
    </message>
    <message>
        <source>What you had chosen to look in is gone: questions look in everything now.</source>
        <translation>您选定的检索范围已不存在：现在将在全部文档中查找。</translation>
    </message>
    <message>
        <source>{n} pages</source>
        <translation>{n} 页</translation>
    </message>
</context>
<context>
    <name>ScopePanel</name>
    <message>
        <source>Collections and documents to look in</source>
        <translation>检索范围：集合与文档</translation>
    </message>
    <message>
        <source>Filter documents</source>
        <translation>筛选文档</translation>
    </message>
    <message>
        <source>Look in</source>
        <translation>检索范围</translation>
    </message>
    <message>
        <source>Look in everything</source>
        <translation>在全部文档中查找</translation>
    </message>
    <message>
        <source>No document has these words.</source>
        <translation>没有文档包含这些词。</translation>
    </message>
    <message>
        <source>No documents yet.</source>
        <translation>还没有文档。</translation>
    </message>
</context>
<context>
    <name>SectionView</name>
    <message>
        <source>Larger letters  (+)</source>
        <translation>放大文字  (+)</translation>
    </message>
    <message>
        <source>Next section  (Ctrl+Page Down)</source>
        <translation>下一节  (Ctrl+Page Down)</translation>
    </message>
    <message>
        <source>Previous section  (Ctrl+Page Up)</source>
        <translation>上一节  (Ctrl+Page Up)</translation>
    </message>
    <message>
        <source>Section</source>
        <translation>章节</translation>
    </message>
    <message>
        <source>Smaller letters  (−)</source>
        <translation>缩小文字  (−)</translation>
    </message>
</context>
<context>
    <name>SelfTestCard</name>
    <message>
        <source>Check the files</source>
        <translation>校验文件</translation>
    </message>
    <message>
        <source>Checking the files …</source>
        <translation>正在校验文件…</translation>
    </message>
    <message>
        <source>Compares every file of the installed program with what was built</source>
        <translation>将安装版程序的每个文件与构建时的内容比较</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>已复制。</translation>
    </message>
    <message>
        <source>Copy the report</source>
        <translation>复制报告</translation>
    </message>
    <message>
        <source>Progress of the self-test</source>
        <translation>自检进度</translation>
    </message>
    <message>
        <source>Run the self-test</source>
        <translation>运行自检</translation>
    </message>
    <message>
        <source>Save the report</source>
        <translation>保存报告</translation>
    </message>
    <message>
        <source>Save the report …</source>
        <translation>保存报告…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>Testing …</source>
        <translation>正在自检…</translation>
    </message>
    <message>
        <source>Tests this installation with the sample documents, from the models to the citation, and trains for three steps. It takes some minutes and touches nothing of yours.</source>
        <translation>用示例文档自检本程序：从模型到引用，并训练三步。需要几分钟，不会触及您的任何内容。</translation>
    </message>
    <message>
        <source>Text (*.txt)</source>
        <translation>文本文件 (*.txt)</translation>
    </message>
    <message>
        <source>The report was saved as {file}.</source>
        <translation>报告已保存为 {file}。</translation>
    </message>
    <message>
        <source>What the self-test found</source>
        <translation>自检结果</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Backup</source>
        <translation>备份</translation>
    </message>
    <message>
        <source>Does everything work?</source>
        <translation>一切正常吗？</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>帮助</translation>
    </message>
    <message>
        <source>Language and look</source>
        <translation>语言与外观</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>离线</translation>
    </message>
    <message>
        <source>Reading files</source>
        <translation>读取文件</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Vademecum {version} · free software under the Apache Licence 2.0</source>
        <translation>Vademecum {version} · 自由软件，采用 Apache 许可证 2.0 版</translation>
    </message>
    <message>
        <source>Where your data lies</source>
        <translation>数据位置</translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
</context>
<context>
    <name>SupportCard</name>
    <message>
        <source>Collect support bundle …</source>
        <translation>收集支持信息包…</translation>
    </message>
    <message>
        <source>Collecting …</source>
        <translation>正在收集…</translation>
    </message>
    <message>
        <source>If something does not work, a bundle helps whoever helps you: versions, numbers, and logs without a word of your documents and questions. You see all of it before it is saved; nothing is sent.</source>
        <translation>遇到问题时，支持信息包可供协助您的人参考：其中有版本、数量和日志，不含您的文档和提问中的任何文字。保存前您能看到全部内容；不会发送任何内容。</translation>
    </message>
    <message>
        <source>Models and library are missing from it: {why}</source>
        <translation>其中缺少模型和文档库的信息：{why}</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
</context>
<context>
    <name>SupportDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Files in the bundle</source>
        <translation>信息包中的文件</translation>
    </message>
    <message>
        <source>Save the support bundle</source>
        <translation>保存支持信息包</translation>
    </message>
    <message>
        <source>Save …</source>
        <translation>保存…</translation>
    </message>
    <message>
        <source>Support bundle</source>
        <translation>支持信息包</translation>
    </message>
    <message>
        <source>Text of the file</source>
        <translation>文件的文字</translation>
    </message>
    <message>
        <source>The support bundle is in {file}.</source>
        <translation>支持信息包在 {file}。</translation>
    </message>
    <message>
        <source>This is everything that will be in the file, word for word. Nothing is sent: you decide who gets it.</source>
        <translation>以下就是文件中的全部内容，一字不差。不会发送任何内容：给谁由您决定。</translation>
    </message>
    <message>
        <source>ZIP file (*.zip)</source>
        <translation>ZIP 文件 (*.zip)</translation>
    </message>
    <message>
        <source>{kilobytes} kB</source>
        <translation>{kilobytes} KB</translation>
    </message>
</context>
<context>
    <name>Talk</name>
    <message>
        <source>Copied with its sources.</source>
        <translation>已连同来源一起复制。</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Export the conversation as PDF</source>
        <translation>将对话导出为 PDF</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>PDF document (*.pdf)</source>
        <translation>PDF 文档 (*.pdf)</translation>
    </message>
    <message>
        <source>The answer to “{question}” is ready.</source>
        <translation>“{question}”的回答已完成。</translation>
    </message>
    <message>
        <source>Web page (*.html)</source>
        <translation>网页 (*.html)</translation>
    </message>
    <message>
        <source>Written: {file}</source>
        <translation>已写入：{file}</translation>
    </message>
</context>
<context>
    <name>Thread</name>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
</context>
<context>
    <name>Threads</name>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete  (Del)</source>
        <translation>删除（Del）</translation>
    </message>
    <message>
        <source>Delete “{title}”?</source>
        <translation>删除“{title}”？</translation>
    </message>
    <message>
        <source>Delete …</source>
        <translation>删除…</translation>
    </message>
    <message>
        <source>Its question and answer go. The audit record stays.</source>
        <translation>其中的问题和回答将被删除。审计记录会保留。</translation>
    </message>
    <message>
        <source>Its {n} questions and answers go. The audit records stay.</source>
        <translation>其中的 {n} 组问答将被删除，审计记录会保留。</translation>
    </message>
    <message>
        <source>New conversation  (Ctrl+N)</source>
        <translation>新对话（Ctrl+N）</translation>
    </message>
    <message>
        <source>No conversation has these words.</source>
        <translation>没有对话包含这些词。</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Rename  (F2)</source>
        <translation>重命名（F2）</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>What you ask is kept here.</source>
        <translation>您的提问会保存在这里。</translation>
    </message>
    <message>
        <source>{time} · 1 question</source>
        <translation>{time} · 1 个问题</translation>
    </message>
    <message>
        <source>{time} · {n} questions</source>
        <translation>{time} · {n} 个问题</translation>
    </message>
</context>
<context>
    <name>TrainingPanel</name>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>It was trained on an earlier form or on other examples. Train it anew.</source>
        <translation>它是根据较早的表单或其他示例训练的，请重新训练。</translation>
    </message>
    <message>
        <source>Progress of the training</source>
        <translation>训练进度</translation>
    </message>
    <message>
        <source>Start the training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>Stopped. It goes on where it was when you start it again.</source>
        <translation>已停止。再次开始时从停止处继续。</translation>
    </message>
    <message>
        <source>The model in use learns from the examples who speaks and how. It runs beside your work, at low priority; you can hold or stop it at any time, and it goes on where it was.</source>
        <translation>当前模型从示例中学习由谁说话、如何说话。训练以低优先级运行，不影响您的工作；可随时暂停或停止，之后从停止处继续。</translation>
    </message>
    <message>
        <source>There are no examples yet to learn from.</source>
        <translation>还没有可供学习的示例。</translation>
    </message>
    <message>
        <source>To the examples</source>
        <translation>前往示例</translation>
    </message>
    <message>
        <source>To the gate</source>
        <translation>前往检验</translation>
    </message>
    <message>
        <source>Train anew</source>
        <translation>重新训练</translation>
    </message>
    <message>
        <source>Trained in {time}</source>
        <translation>训练用时 {time}</translation>
    </message>
    <message>
        <source>about {time}</source>
        <translation>约 {time}</translation>
    </message>
    <message>
        <source>loss {loss}</source>
        <translation>损失 {loss}</translation>
    </message>
    <message>
        <source>on the model {base}</source>
        <translation>基于模型 {base}</translation>
    </message>
    <message>
        <source>{memory} of memory</source>
        <translation>内存 {memory}</translation>
    </message>
    <message>
        <source>up to {needed} of memory, {free} are free</source>
        <translation>至多需要内存 {needed}，可用 {free}</translation>
    </message>
    <message>
        <source>{n} examples, {held_out} of them kept aside</source>
        <translation>{n} 条示例，其中 {held_out} 条留出</translation>
    </message>
    <message>
        <source>{speed} tokens a second</source>
        <translation>每秒 {speed} 个词元</translation>
    </message>
</context>
<context>
    <name>TrialStep</name>
    <message>
        <source>1 document is ready to be asked.</source>
        <translation>1 份文档已可供提问。</translation>
    </message>
    <message>
        <source>A few sample documents from law and medicine, in English and Chinese, with questions to click.</source>
        <translation>几份中英文的法律和医学示例文档，并附有可直接点击的问题。</translation>
    </message>
    <message>
        <source>Add the sample documents</source>
        <translation>添加示例文档</translation>
    </message>
    <message>
        <source>It has not been trained yet, so there is nothing to try.</source>
        <translation>尚未训练，暂时没有可试用的内容。</translation>
    </message>
    <message>
        <source>Progress of the import</source>
        <translation>导入进度</translation>
    </message>
    <message>
        <source>Reading …</source>
        <translation>正在读取…</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>示例文档</translation>
    </message>
    <message>
        <source>Say it</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Say something to both</source>
        <translation>对双方说点什么</translation>
    </message>
    <message>
        <source>Say something to the model without and with the persona, and compare. Nothing is kept.</source>
        <translation>对无角色和有角色的模型说同样的话，加以比较。内容不会保留。</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>Then ask, for example:</source>
        <translation>然后可以这样提问：</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试一试</translation>
    </message>
    <message>
        <source>What you say to both</source>
        <translation>您对双方说的话</translation>
    </message>
    <message>
        <source>Without a persona</source>
        <translation>无角色</translation>
    </message>
    <message>
        <source>{count} documents are ready to be asked.</source>
        <translation>{count} 份文档已可提问。</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>A minute or so the first time.</source>
        <translation>首次启动约需一分钟。</translation>
    </message>
    <message>
        <source>Add documents and ask about them: every sentence of an answer shows where it stands. They stay on this computer.</source>
        <translation>添加文档并就其提问：答案的每句话都标明出处。文档始终留在这台电脑上。</translation>
    </message>
    <message>
        <source>Add files</source>
        <translation>添加文件</translation>
    </message>
    <message>
        <source>Adding the sample documents</source>
        <translation>正在添加示例文档</translation>
    </message>
    <message>
        <source>Answers are written by a model on this computer. Choose or import one.</source>
        <translation>回答由本机上的模型撰写。请选择或导入一个模型。</translation>
    </message>
    <message>
        <source>Ask your documents</source>
        <translation>向您的文档提问</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Every sentence of an answer is checked against the pages it cites. Click a citation to see the page.</source>
        <translation>回答中的每句话都会与所引页面核对。点击引用即可查看该页。</translation>
    </message>
    <message>
        <source>For example</source>
        <translation>例如</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>示例文档</translation>
    </message>
    <message>
        <source>The engine is starting …</source>
        <translation>引擎正在启动…</translation>
    </message>
    <message>
        <source>There is no language model yet</source>
        <translation>还没有语言模型</translation>
    </message>
    <message>
        <source>Try the sample documents</source>
        <translation>试用示例文档</translation>
    </message>
    <message>
        <source>Your library is empty</source>
        <translation>您的文档库是空的</translation>
    </message>
</context>
<context>
    <name>_Dots</name>
    <message>
        <source>Step {number} of {count}</source>
        <translation>第 {number} 步，共 {count} 步</translation>
    </message>
</context>
</TS>
